"use client";

import type { ConvexReactClient } from "convex/react";
import { useSyncExternalStore } from "react";
import { type AnswerError, parseErrorEnvelope } from "./answerAccumulator";
import { answerStream } from "./answerStreams";

/** A prompt that this tab sent. It is shown until the stored messages contain it. */
export type PromptSend = {
  sendId: string;
  threadId: string | null; // null until the gateway made the thread
  isNewChat: boolean; // its thread was made by it, and the URL does not say so yet
  afterMessageId: string | null; // the thread's newest message when it was sent
  prompt: string;
  model: string | null; // null: the gateway's default
  state: "connecting" | "accepted" | "refused";
  requestId: string | null;
  error: AnswerError | null;
};

type Gateway = { client: ConvexReactClient; siteUrl: string; token: string };
export type Prompt = Pick<PromptSend, "threadId" | "afterMessageId" | "prompt" | "model">;

let sends: readonly PromptSend[] = [];
let senderId: string | null = null;
let lastSendNumber = 0;
const listeners = new Set<() => void>();

/** The prompts that this tab sent, oldest first. */
export function usePromptSends(): readonly PromptSend[] {
  return useSyncExternalStore(
    subscribe,
    () => sends,
    () => sends,
  );
}

/** Forgets what another member sent in this tab before. */
export function keepSendsOf(memberId: string): void {
  if (senderId !== null && senderId !== memberId) replaceSends([]);
  senderId = memberId;
}

/** Posts a prompt; resolves when the gateway accepted or refused it. The answer goes on in its `AnswerStream`. */
export async function sendPrompt(gateway: Gateway, prompt: Prompt): Promise<PromptSend> {
  const send: PromptSend = {
    ...prompt,
    sendId: `send${++lastSendNumber}`,
    isNewChat: prompt.threadId === null,
    state: "connecting",
    requestId: null,
    error: null,
  };
  const others = sends.filter((other) => other.state !== "refused" || other.threadId !== prompt.threadId);
  replaceSends([...others, send]);
  const settled: PromptSend = { ...send, ...(await post(gateway, prompt)) };
  replaceSends(sends.map((other) => (other.sendId === send.sendId ? settled : other)));
  return settled;
}

/** Takes a refusal off the screen. */
export function dismissSend(sendId: string): void {
  replaceSends(sends.filter((send) => send.sendId !== sendId));
}

/** The URL names the thread from here on, or the reader went elsewhere: the page for new chats is free again. */
export function leaveNewChat(threadId: string): void {
  if (!sends.some((send) => send.isNewChat && send.threadId === threadId)) return;
  replaceSends(sends.map((send) => (send.threadId === threadId ? { ...send, isNewChat: false } : send)));
}

async function post(gateway: Gateway, { threadId, prompt, model }: Prompt): Promise<Partial<PromptSend>> {
  let response: Response;
  try {
    response = await fetch(`${gateway.siteUrl}/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${gateway.token}` },
      body: JSON.stringify({ threadId, prompt, model: model ?? undefined }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refused({
      type: "connection_error",
      message: `The gateway at ${gateway.siteUrl} did not answer (${reason}). Check the connection and try again.`,
      requestId: null,
    });
  }
  const requestId = response.headers.get("x-gateway-request-id");
  const acceptedThreadId = response.headers.get("x-gateway-thread-id");
  if (!response.ok || response.body === null || requestId === null || acceptedThreadId === null) {
    return refused(await refusalOf(response));
  }
  void answerStream(gateway.client, requestId).readPost(response.body);
  return { state: "accepted", requestId, threadId: acceptedThreadId };
}

async function refusalOf(response: Response): Promise<AnswerError> {
  const text = await response.text();
  const requestId = response.headers.get("x-gateway-request-id") ?? response.headers.get("request-id");
  const error = parseErrorEnvelope(jsonOrNull(text)) ?? {
    type: `http_${response.status}`,
    message: text.slice(0, 500) || "The gateway's answer was empty.",
    requestId: null,
  };
  return { ...error, requestId: error.requestId ?? requestId };
}

function refused(error: AnswerError): Partial<PromptSend> {
  return { state: "refused", error };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function replaceSends(next: readonly PromptSend[]): void {
  sends = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
