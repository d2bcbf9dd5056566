import { describe, expect, test } from "vitest";
import { answerText, createAnswerAccumulator, parseErrorEnvelope } from "./answerAccumulator";

const EVENTS = [
  { type: "message_start", message: { id: "msg_1", content: [] } },
  { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Hm… " } },
  { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "c2ln" } },
  { type: "content_block_stop", index: 0 },
  { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
  { type: "ping" },
  { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "Grüße 👋\n\n" } },
  { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "data: no event\u2028" } },
  { type: "content_block_delta", index: 1, delta: { type: "a_later_delta", beyond: true } },
  { type: "content_block_stop", index: 1 },
  {
    type: "content_block_start",
    index: 2,
    content_block: { type: "tool_use", id: "toolu_1", name: "weather", input: {} },
  },
  { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: '{"city":"K' } },
  { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: 'öln"}' } },
  { type: "content_block_stop", index: 2 },
  { type: "content_block_start", index: 3, content_block: { type: "made_up", payload: { kept: [1, null] } } },
  { type: "content_block_stop", index: 3 },
  { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 9 } },
  { type: "message_stop" },
];

const CONTENT = [
  { type: "thinking", thinking: "Hm… ", signature: "c2ln" },
  { type: "text", text: "Grüße 👋\n\ndata: no event\u2028" },
  { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Köln" } },
  { type: "made_up", payload: { kept: [1, null] } },
];

function sse(events: readonly { type: string }[], firstId = 0): string {
  return events
    .map((event, index) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\nid: ${firstId + index}\n\n`)
    .join("");
}

function contentsAfter(pieces: readonly string[]) {
  const accumulator = createAnswerAccumulator();
  for (const piece of pieces) accumulator.feed(piece);
  return accumulator.snapshot();
}

describe("createAnswerAccumulator", () => {
  const text = sse(EVENTS);

  test("builds every kind of block and keeps unknown ones as they came", () => {
    const answer = contentsAfter([text]);
    expect(answer.blocks.map((block) => block.content)).toEqual(CONTENT);
    expect(answer.blocks.every((block) => block.isComplete && block.inputJson === "")).toBe(true);
    expect(answer.isFinished).toBe(true);
  });

  test("gives the same answer wherever the text is split in two", () => {
    const whole = contentsAfter([text]);
    for (let at = 1; at < text.length; at++) {
      expect(contentsAfter([text.slice(0, at), text.slice(at)])).toEqual(whole);
    }
  });

  test("gives the same answer when the bytes come one at a time", () => {
    const decoder = new TextDecoder();
    const pieces = Array.from(new TextEncoder().encode(text), (byte) =>
      decoder.decode(Uint8Array.of(byte), { stream: true }),
    );
    expect(contentsAfter(pieces)).toEqual(contentsAfter([text]));
  });

  test("ignores events whose id was seen before", () => {
    const again = sse(EVENTS.slice(5, 10), 5);
    expect(contentsAfter([sse(EVENTS.slice(0, 10)), again, sse(EVENTS.slice(10), 10)])).toEqual(
      contentsAfter([text]),
    );
  });

  test("does not count pings, so that two readings of one answer can be compared", () => {
    expect(contentsAfter([sse(EVENTS.filter((event) => event.type !== "ping"))]).eventCount).toBe(
      contentsAfter([text]).eventCount,
    );
  });

  test("shows a tool's input as text until it is whole", () => {
    const open = contentsAfter([sse(EVENTS.slice(0, 13))]).blocks.at(-1);
    expect(open).toMatchObject({ isComplete: false, inputJson: '{"city":"K' });
  });

  test("keeps what came before an error event and says what went wrong", () => {
    const failure = {
      type: "error",
      error: { type: "overloaded_error", message: "Overloaded" },
      request_id: "req_9",
    };
    const answer = contentsAfter([sse(EVENTS.slice(0, 8)), sse([failure], 8)]);
    expect(answer.error).toEqual({ type: "overloaded_error", message: "Overloaded", requestId: "req_9" });
    expect(answer.isFinished).toBe(true);
    expect(answerText(answer.blocks)).toBe("Grüße 👋\n\n");
  });

  test("returns the same snapshot until something changed", () => {
    const accumulator = createAnswerAccumulator();
    accumulator.feed(sse(EVENTS.slice(0, 8)));
    const before = accumulator.snapshot();
    accumulator.feed(": request req_1 cost 0.1\n\n");
    expect(accumulator.snapshot()).toBe(before);
  });
});

test("A value that is not Anthropic's error envelope is no error", () => {
  expect(parseErrorEnvelope("<html>bad gateway</html>")).toBeNull();
  expect(parseErrorEnvelope({ error: "text" })).toBeNull();
});
