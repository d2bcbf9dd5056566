"use client";

import { usePaginatedQuery, useQuery } from "convex/react";
import { useMemo } from "react";
import { api } from "@/convex/_generated/api";
import { type ChatRow, chatRows, conversationKey } from "./chatRows";
import { type PromptSend, usePromptSends } from "./promptSends";

const MESSAGES_PER_PAGE = 20;

type Conversation = {
  /** Names the conversation from its first prompt on. */
  key: string;
  rows: ChatRow[];
  /** The newest stored message. */
  newestMessageId: string | null;
  status: "loading" | "ready" | "missing";
  /** The model of the thread; null for a new chat. */
  model: string | null;
  /** The prompt that the gateway refused last. */
  refusal: PromptSend | null;
  /** True from the sending of a prompt to the end of its answer. */
  isAnswering: boolean;
  /** What to stop; null when nothing runs. */
  runningRequestId: string | null;
  loadEarlier: (() => void) | null;
};

/** A thread's stored messages and what this tab has just sent to it. */
export function useConversation(threadId: string | null): Conversation {
  const sends = usePromptSends();
  const ofThread = threadId === null ? ("skip" as const) : { threadId };
  const thread = useQuery(api.threads.get, ofThread);
  const messages = usePaginatedQuery(api.messages.list, ofThread, { initialNumItems: MESSAGES_PER_PAGE });
  const rows = useMemo(
    () => chatRows(messages.results, sends, threadId),
    [messages.results, sends, threadId],
  );
  const last = rows.at(-1);
  const running = last?.kind === "answer" && last.status === "streaming" ? last : null;
  const isLoading = threadId !== null && (thread === undefined || messages.status === "LoadingFirstPage");
  return {
    key: conversationKey(sends, threadId),
    rows,
    newestMessageId: messages.results[0]?._id ?? null,
    status: thread === null ? "missing" : isLoading && rows.length === 0 ? "loading" : "ready",
    model: thread?.model ?? null,
    refusal: sends.findLast((send) => send.threadId === threadId && send.state === "refused") ?? null,
    isAnswering: running !== null,
    runningRequestId: running?.requestId ?? null,
    loadEarlier: messages.status === "CanLoadMore" ? () => messages.loadMore(MESSAGES_PER_PAGE) : null,
  };
}
