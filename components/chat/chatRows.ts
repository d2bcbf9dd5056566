import { type AnswerBlock, answerText, type ContentBlock, completeBlocks } from "./answerAccumulator";
import type { PromptSend } from "./promptSends";

/** What a request used and cost, as its row in the usage log says. */
export type Ledger = {
  status: string;
  usageSource?: "reported" | "estimated" | null;
  tokens?: {
    inputTokens: number;
    cacheReadInputTokens: number;
    cacheCreation5mInputTokens: number;
    cacheCreation1hInputTokens: number;
    outputTokens: number;
  } | null;
  costNanoUsd?: number | null;
  timeToFirstTokenMs?: number | null;
  startedAt: number;
  endedAt?: number | null;
};

/** A message as `messages.list` returns it. */
export type StoredMessage = {
  _id: string;
  role: "user" | "assistant";
  status: "streaming" | "complete" | "stopped" | "failed";
  content: readonly ContentBlock[];
  model?: string | null;
  requestId?: string | null;
  errorMessage?: string | null;
  ledger: Ledger | null;
};

export type PromptRow = { kind: "prompt"; key: string; text: string };

export type AnswerRow = {
  kind: "answer";
  key: string;
  prompt: string; // what was asked, for asking again
  status: StoredMessage["status"];
  blocks: readonly AnswerBlock[];
  model: string | null;
  requestId: string | null; // null until the gateway accepted the prompt
  errorMessage: string | null;
  ledger: Ledger | null;
};

export type ChatRow = PromptRow | AnswerRow;

/**
 * The rows of a conversation, oldest first: the stored messages (given newest first), then the prompt that this tab has
 * just sent while they do not contain it. A row keeps its key when it becomes a stored one, so that nothing flickers.
 */
export function chatRows(
  newestFirst: readonly StoredMessage[],
  sends: readonly PromptSend[],
  threadId: string | null,
): ChatRow[] {
  const ofThread = sends.filter((send) => send.threadId === threadId && send.state !== "refused");
  const sendIdByAnswer = new Map(
    ofThread.map((send) => [storedAnswerOf(send, newestFirst)?._id, send.sendId]),
  );
  const rows: ChatRow[] = [];
  let prompt: PromptRow | null = null;
  for (const message of [...newestFirst].reverse()) {
    if (message.role === "user") {
      prompt = { kind: "prompt", key: message._id, text: textOf(message) };
      rows.push(prompt);
      continue;
    }
    const sendId = sendIdByAnswer.get(message._id);
    if (prompt !== null && sendId !== undefined) prompt.key = promptKey(sendId);
    rows.push(answerRow(message, prompt?.text ?? "", sendId));
    prompt = null;
  }
  const sent = ofThread.at(-1);
  const isShown = sent === undefined || storedAnswerOf(sent, newestFirst) !== undefined;
  return isShown ? rows : [...rows, ...sentRows(sent)];
}

/**
 * The stored answer to a prompt. The subscription can be ahead of the response that names the request: until then the
 * answer is known by the question before it, which is newer than everything that was there when the prompt was sent.
 */
function storedAnswerOf(send: PromptSend, newestFirst: readonly StoredMessage[]): StoredMessage | undefined {
  if (send.requestId !== null) return newestFirst.find((message) => message.requestId === send.requestId);
  const known = newestFirst.findIndex((message) => message._id === send.afterMessageId);
  const newer = known === -1 ? newestFirst : newestFirst.slice(0, known);
  return newer.find((message, index) => {
    const question = newer[index + 1];
    return message.role === "assistant" && question?.role === "user" && textOf(question) === send.prompt;
  });
}

function textOf(message: StoredMessage): string {
  return answerText(completeBlocks(message.content));
}

/** One name for a conversation from its first prompt on, before and after the gateway gave it an id. */
export function conversationKey(sends: readonly PromptSend[], threadId: string | null): string {
  const first = sends.find((send) => send.threadId === threadId && send.state !== "refused");
  return first?.sendId ?? threadId ?? "new";
}

function answerRow(message: StoredMessage, prompt: string, sendId: string | undefined): AnswerRow {
  return {
    kind: "answer",
    key: sendId === undefined ? message._id : answerKey(sendId),
    prompt,
    status: message.status,
    blocks: completeBlocks(message.content),
    model: message.model ?? null,
    requestId: message.requestId ?? null,
    errorMessage: message.errorMessage ?? null,
    ledger: message.ledger,
  };
}

function sentRows(send: PromptSend): [PromptRow, AnswerRow] {
  const prompt: PromptRow = { kind: "prompt", key: promptKey(send.sendId), text: send.prompt };
  const answer: AnswerRow = {
    kind: "answer",
    key: answerKey(send.sendId),
    prompt: send.prompt,
    status: "streaming",
    blocks: [],
    model: send.model,
    requestId: send.requestId,
    errorMessage: null,
    ledger: null,
  };
  return [prompt, answer];
}

function promptKey(sendId: string): string {
  return `prompt-${sendId}`;
}

function answerKey(sendId: string): string {
  return `answer-${sendId}`;
}
