import { expect, it } from "vitest";
import { ContentBlocks } from "./contentBlocks";

function blocksOf(...events: object[]): string {
  const blocks = new ContentBlocks();
  blocks.addEvents(events.map((event) => `event: x\ndata: ${JSON.stringify(event)}\n\n`).join(""));
  return blocks.toJson();
}
const start = (index: number, content_block: object) => ({
  type: "content_block_start",
  index,
  content_block,
});
const delta = (index: number, fields: object) => ({ type: "content_block_delta", index, delta: fields });

it("joins text, thinking and signature of interleaved blocks and keeps unknown fields", () => {
  const json = blocksOf(
    start(1, { type: "text", text: "", future: { nested: [1] } }),
    start(0, { type: "thinking", thinking: "", signature: "" }),
    delta(0, { type: "thinking_delta", thinking: "Hm" }),
    delta(1, { type: "text_delta", text: "caf\u00e9 \ud83d" }),
    delta(0, { type: "signature_delta", signature: "c2ln" }),
    delta(1, { type: "text_delta", text: "\ude00 \u0000" }),
    delta(1, { type: "citations_delta", citation: { cited_text: "a" } }),
    delta(1, { type: "citations_delta", citation: { cited_text: "b" } }),
  );
  expect(JSON.parse(json)).toEqual([
    { type: "thinking", thinking: "Hm", signature: "c2ln" },
    {
      type: "text",
      text: "caf\u00e9 \ud83d\ude00 \u0000",
      future: { nested: [1] },
      citations: [{ cited_text: "a" }, { cited_text: "b" }],
    },
  ]);
});

it("keeps a tool's input as the text that was streamed", () => {
  const input = '{"big": 12345678901234567890, "b": 1.0, "a": {"$weird key": "\\ud800"}}';
  const json = blocksOf(
    start(0, { type: "tool_use", id: "toolu_1", name: "f", input: {} }),
    delta(0, { type: "input_json_delta", partial_json: "" }),
    delta(0, { type: "input_json_delta", partial_json: input.slice(0, 20) }),
    delta(0, { type: "input_json_delta", partial_json: input.slice(20) }),
  );
  expect(json).toBe(`[{"type":"tool_use","id":"toolu_1","name":"f","input":${input}}]`);
});

it("leaves half a tool input out", () => {
  const json = blocksOf(
    start(0, { type: "tool_use", id: "toolu_1", name: "f", input: {} }),
    delta(0, { type: "input_json_delta", partial_json: '{"city": "Par' }),
  );
  expect(JSON.parse(json)).toEqual([{ type: "tool_use", id: "toolu_1", name: "f", input: {} }]);
});

it("keeps blocks and deltas of kinds it does not know", () => {
  const json = blocksOf(
    start(0, { type: "hologram", pixels: "ab" }),
    delta(0, { type: "hologram_delta", pixels: "cd", depth: 3 }),
  );
  expect(JSON.parse(json)).toEqual([{ type: "hologram", pixels: "abcd", depth: 3 }]);
});
