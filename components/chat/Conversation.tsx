"use client";

import { useMutation, useQuery } from "convex/react";
import { useCallback } from "react";
import { toast } from "sonner";
import { useViewer } from "@/components/layout/ViewerContext";
import { Button } from "@/components/ui/Button";
import { errorText } from "@/components/ui/errorText";
import { Notice } from "@/components/ui/Notice";
import { api } from "@/convex/_generated/api";
import { AnswerProblem } from "./AnswerProblem";
import { Composer } from "./Composer";
import { ConversationSkeleton } from "./ConversationSkeleton";
import { EmptyChat } from "./EmptyChat";
import { MessageList } from "./MessageList";
import { MissingThread } from "./MissingThread";
import { ModelPicker } from "./ModelPicker";
import { dismissSend } from "./promptSends";
import { useConversation } from "./useConversation";
import { useDraft } from "./useDraft";
import { useSendPrompt } from "./useSendPrompt";

/** One conversation, or the page for a new one: its messages and the field to write the next in. */
export function Conversation({ threadId }: { threadId: string | null }) {
  const conversation = useConversation(threadId);
  const { refusal, runningRequestId, newestMessageId, rows } = conversation;
  const draftKey = threadId ?? "new";
  const { draft, change } = useDraft(draftKey);
  const settings = useQuery(api.settings.get);
  const isReader = useViewer().role === "viewer";
  const post = useSendPrompt();
  const stop = useMutation(api.requests.stop);
  const model = draft.model ?? conversation.model ?? settings?.defaultModel ?? null;

  const setText = (text: string) => change(draftKey, (old) => ({ ...old, text }));
  const send = useCallback(
    async (prompt: string) => {
      const sent = await post({ threadId, afterMessageId: newestMessageId, prompt, model });
      if (sent.state !== "refused") return;
      change(draftKey, (old) => ({ ...old, text: old.text === "" ? prompt : old.text }));
    },
    [post, threadId, newestMessageId, model, change, draftKey],
  );
  const sendDraft = () => {
    setText("");
    void send(draft.text);
  };
  const retry = useCallback((prompt: string) => void send(prompt), [send]);
  const retryRefused = (prompt: string) => {
    if (draft.text === prompt) setText("");
    retry(prompt);
  };
  const stopAnswer = (requestId: string) => {
    stop({ requestId }).catch((error: unknown) => toast.error(errorText(error)));
  };

  if (conversation.status === "missing") return <MissingThread />;
  return (
    <>
      {conversation.status === "loading" && <ConversationSkeleton />}
      {conversation.status === "ready" && threadId === null && rows.length === 0 && (
        <EmptyChat onPick={setText} />
      )}
      {conversation.status === "ready" && (threadId !== null || rows.length > 0) && (
        <MessageList
          key={conversation.key}
          rows={rows}
          onRetry={retry}
          onLoadEarlier={conversation.loadEarlier}
        />
      )}
      <div className="mx-auto w-full max-w-3xl shrink-0 space-y-3 px-3 pb-3 sm:px-6 sm:pb-5">
        {refusal?.error && (
          <AnswerProblem error={refusal.error} onRetry={() => retryRefused(refusal.prompt)}>
            <Button size="sm" variant="ghost" onClick={() => dismissSend(refusal.sendId)}>
              Dismiss
            </Button>
          </AnswerProblem>
        )}
        {isReader && <Notice>Your role is viewer: it can read the gateway's figures but not chat.</Notice>}
        <Composer
          text={draft.text}
          onTextChange={setText}
          onSend={sendDraft}
          onStop={runningRequestId === null ? null : () => stopAnswer(runningRequestId)}
          isBusy={conversation.status !== "ready" || conversation.isAnswering || isReader}
        >
          <ModelPicker
            model={model}
            onChange={(next) => change(draftKey, (old) => ({ ...old, model: next }))}
          />
        </Composer>
      </div>
    </>
  );
}
