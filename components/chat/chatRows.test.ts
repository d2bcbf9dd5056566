import { describe, expect, test } from "vitest";
import { chatRows, conversationKey, type StoredMessage } from "./chatRows";
import type { PromptSend } from "./promptSends";

const QUESTION: StoredMessage = {
  _id: "m1",
  role: "user",
  status: "complete",
  content: [{ type: "text", text: "Why?" }],
  ledger: null,
};
const ANSWER: StoredMessage = {
  ...QUESTION,
  _id: "m2",
  role: "assistant",
  status: "streaming",
  content: [],
  requestId: "req_1",
};
const SEND: PromptSend = {
  sendId: "send1",
  threadId: null,
  afterMessageId: null,
  isNewChat: true,
  prompt: "Why?",
  model: "claude-a",
  state: "connecting",
  requestId: null,
  error: null,
};
const ACCEPTED: PromptSend = { ...SEND, threadId: "t1", state: "accepted", requestId: "req_1" };

const keys = (rows: readonly { key: string }[]) => rows.map((row) => row.key);

describe("chatRows", () => {
  test("shows stored messages oldest first and knows what each answer was asked", () => {
    const rows = chatRows([ANSWER, QUESTION], [], "t1");
    expect(keys(rows)).toEqual(["m1", "m2"]);
    expect(rows[1]).toMatchObject({ kind: "answer", prompt: "Why?", status: "streaming" });
  });

  test("keeps a row's key from sending to storing, so that it is never mounted twice", () => {
    const connecting = chatRows([], [SEND], null);
    const accepted = chatRows([], [ACCEPTED], "t1");
    const stored = chatRows([ANSWER, QUESTION], [ACCEPTED], "t1");
    expect(keys(connecting)).toEqual(["prompt-send1", "answer-send1"]);
    expect(keys(accepted)).toEqual(keys(connecting));
    expect(keys(stored)).toEqual(keys(connecting));
  });

  test("recognises its answer when the subscription is ahead of the response", () => {
    const earlier = [
      { ...ANSWER, _id: "m0b", requestId: "req_0" },
      { ...QUESTION, _id: "m0a" },
    ];
    const connecting = { ...SEND, threadId: "t1", afterMessageId: "m0b" };
    expect(keys(chatRows(earlier, [connecting], "t1"))).toEqual([
      "m0a",
      "m0b",
      "prompt-send1",
      "answer-send1",
    ]);
    expect(keys(chatRows([ANSWER, QUESTION, ...earlier], [connecting], "t1"))).toEqual([
      "m0a",
      "m0b",
      "prompt-send1",
      "answer-send1",
    ]);
  });

  test("shows a refused prompt nowhere: it is back in the field", () => {
    expect(chatRows([], [{ ...SEND, state: "refused" }], null)).toEqual([]);
  });

  test("shows a prompt only in its own thread", () => {
    expect(chatRows([], [ACCEPTED], "t2")).toEqual([]);
    expect(chatRows([], [ACCEPTED], null)).toEqual([]);
  });
});

test("A conversation keeps its name when its first prompt makes the thread", () => {
  expect(conversationKey([SEND], null)).toBe(conversationKey([ACCEPTED], "t1"));
  expect(conversationKey([], "t1")).toBe("t1");
});
