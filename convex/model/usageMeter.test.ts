import { expect, it } from "vitest";
import { UsageMeter } from "./usageMeter";

const encode = (text: string) => new TextEncoder().encode(text);

function meterOf(...events: [event: string, data: object][]) {
  let clock = 0;
  const meter = new UsageMeter(() => ++clock);
  for (const [event, data] of events) {
    const bytes = encode(`event: ${event}\ndata: ${JSON.stringify({ type: event, ...data })}\n\n`);
    meter.addFrame(bytes, 0, bytes.length);
  }
  return meter;
}

const start: [string, object] = [
  "message_start",
  {
    message: {
      model: "claude-sonnet-5-5",
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
        output_tokens: 1,
        inference_geo: "us",
      },
    },
  },
];
const delta = (text: string): [string, object] => [
  "content_block_delta",
  { index: 0, delta: { type: "text_delta", text } },
];

it("lays the cumulative counts of message_delta over message_start's split, tier and geo", () => {
  const meter = meterOf(
    start,
    delta("Hello"),
    ["message_delta", { delta: { stop_reason: null }, usage: { output_tokens: 3 } }],
    [
      "message_delta",
      {
        delta: { stop_reason: "end_turn" },
        usage: { input_tokens: 12, output_tokens: 9, inference_geo: null },
      },
    ],
    ["message_stop", {}],
  );
  expect(meter.isComplete).toBe(true);
  expect(meter.firstDeltaAt).toBe(1);
  expect(meter.usageOutcome()).toEqual({
    usageSource: "reported",
    servedModel: "claude-sonnet-5-5",
    stopReason: "end_turn",
    servedAs: { inferenceGeo: "us" },
    tokens: {
      inputTokens: 12,
      cacheReadInputTokens: 0,
      cacheCreation5mInputTokens: 10,
      cacheCreation1hInputTokens: 20,
      outputTokens: 9,
      webSearchRequests: 0,
    },
  });
});

it("without a final count estimates at least a token for every two delivered characters, not the placeholder", () => {
  const text = "word ".repeat(100);
  const outcome = meterOf(start, delta(text.slice(0, 250)), delta(text.slice(250))).usageOutcome();
  expect(outcome.usageSource).toBe("estimated");
  expect(outcome.tokens?.inputTokens).toBe(10);
  expect(outcome.tokens?.outputTokens).toBeGreaterThanOrEqual(text.length / 2);
  expect(outcome.tokens?.outputTokens).toBeLessThan(text.length);
});

it("knows nothing of the usage before message_start", () => {
  expect(meterOf(["ping", {}]).usageOutcome()).toEqual({ usageSource: "estimated" });
});

it("records Claude's error event and never calls such a stream complete", () => {
  const meter = meterOf(start, ["error", { error: { type: "overloaded_error", message: "Overloaded" } }]);
  expect(meter.error).toEqual({ type: "overloaded_error", message: "Overloaded" });
  expect(meter.isComplete).toBe(false);
});

it("reads events whose lines come in another order, and survives garbage", () => {
  const meter = meterOf(start);
  for (const text of [
    'data: {"type":"message_delta","usage":{"output_tokens":4}}\nevent: message_delta\n\n',
    "event: message_delta\ndata: {broken\n\n",
    ": comment\n\n",
    'data: {"type":"message_stop"}\n\n',
  ]) {
    const bytes = encode(text);
    meter.addFrame(bytes, 0, bytes.length);
  }
  expect(meter.isComplete).toBe(true);
  expect(meter.usageOutcome().tokens?.outputTokens).toBe(4);
});

it("a refusal before any output is not billed, one after some output is", () => {
  const refusal: [string, object] = [
    "message_delta",
    { delta: { stop_reason: "refusal" }, usage: { output_tokens: 1 } },
  ];
  const before = meterOf(start, refusal, ["message_stop", {}]).usageOutcome();
  expect(before).toMatchObject({ isUnbilled: true, stopReason: "refusal", tokens: { inputTokens: 10 } });
  const after = meterOf(start, delta("Well"), refusal, ["message_stop", {}]).usageOutcome();
  expect(after.isUnbilled).toBeUndefined();
});

it("names the container and the files that Anthropic's tools made, and none that a tool call only mentions", () => {
  const result = {
    type: "bash_code_execution_tool_result",
    content: { content: [{ file_id: "file_made" }] },
  };
  const call = { type: "tool_use", input: { file_id: "file_invented" }, pad: "x".repeat(400) };
  const meter = meterOf(
    ["message_start", { message: { model: "m", container: { id: "container_1" }, usage: {} } }],
    ["content_block_start", { index: 0, content_block: { ...result, pad: "x".repeat(400) } }],
    ["content_block_start", { index: 1, content_block: call }],
    ["message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } }],
  );
  expect(meter.usageOutcome().objectIds).toEqual(["container_1", "file_made"]);
});
