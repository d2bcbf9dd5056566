import { expect, it } from "vitest";
import { BatchDemand } from "./BatchDemand";
import { inputTokensOf, inspectContent, inspectTools, inspectTree } from "./messageDemand";
import { builtInPrice } from "./pricing";
import { LongString } from "./prunedJson";
import { advisorWorstCaseNanoUsd, type Demand, estimatedTokens, worstCaseNanoUsd } from "./reservation";

const NO_TOOLS = inspectTools(undefined, false);
const user = (content: unknown) => [{ role: "user", content }];

it("counts text by size, images and PDF pages by number, and leaves their base64 out of the text", () => {
  const image = { type: "image", source: { type: "base64", data: new LongString(4_000_000) } };
  const pdf = { type: "document", source: { type: "base64", data: "x".repeat(8_000) } };
  const result = { type: "tool_result", tool_use_id: "t", content: [image] };
  const facts = inspectContent(user([image, pdf, result, { type: "text", text: "hi" }]), undefined);
  expect(facts).toEqual({
    dataBytes: 8_008_000,
    mediaTokens: 2 * 5_000 + 3 * 3_000,
    hasUnknownSize: false,
    fileIds: [],
  });
  expect(inputTokensOf(8_009_000, facts, NO_TOOLS)).toBe(500 + 19_000);
});

it.each([
  ["a document by URL", user([{ type: "document", source: { type: "url", url: "https://x" } }]), undefined],
  ["a file", user([{ type: "document", source: { type: "file", file_id: "file_1" } }]), undefined],
  ["a server tool", user("hi"), [{ type: "web_fetch_20250910", name: "web_fetch" }]],
])("has no bound but the context window with %s", (_name, messages, tools) => {
  expect(inputTokensOf(100, inspectContent(messages, undefined), inspectTools(tools, false))).toBeUndefined();
});

it("finds the ids of files, but not those in a tool's own input", () => {
  const messages = user([
    { type: "container_upload", file_id: "file_a" },
    { type: "image", source: { type: "file", file_id: "file_b" } },
    { type: "tool_use", id: "t", name: "f", input: { type: "container_upload", file_id: "mine" } },
  ]);
  expect(inspectContent(messages, undefined).fileIds).toEqual(["file_a", "file_b"]);
});

it("finds the dearest cache write and the depth", () => {
  const facts = inspectTree(
    { a: [{ cache_control: { type: "ephemeral" } }], tools: [{ cache_control: { ttl: "1h" } }] },
    10,
  );
  expect(facts).toEqual({ depth: 4, cacheTtl: "1h" });
});

it("bounds web searches by max_uses, and unbounded ones by 20", () => {
  const tools = [
    { type: "web_search_20260318", max_uses: 3 },
    { type: "web_search_20250305" },
    { type: "custom", max_uses: 99 },
  ];
  expect(inspectTools(tools, false).webSearchUses).toBe(23);
});

it("reserves at the dearest class in play, never more input than the context holds", () => {
  const price = builtInPrice("claude-sonnet-5-5", Date.UTC(2026, 10, 20));
  if (!price) throw new Error("no price");
  const demand: Demand = { fallbackModels: [], inputTokens: 1_000, cacheTtl: "none", webSearchUses: 0 };
  expect(worstCaseNanoUsd(demand, price, 100)).toBe(1_000 * 2_000 + 100 * 10_000);
  expect(worstCaseNanoUsd({ ...demand, cacheTtl: "1h", webSearchUses: 2 }, price, 0)).toBe(
    1_000 * 4_000 + 2 * 10_000_000,
  );
  expect(worstCaseNanoUsd({ ...demand, inputTokens: undefined }, price, 0)).toBe(2_000_000_000);
  expect(worstCaseNanoUsd({ ...demand, inputTokens: 9_000_000 }, price, 0)).toBe(2_000_000_000);
});

it("adds to that what advisors may read and write, at their own price, in every use", () => {
  const [first, unbounded] = inspectTools(
    [
      {
        type: "advisor_20260301",
        model: "claude-opus-5-5",
        max_uses: 2,
        max_tokens: 500,
        caching: { ttl: "1h" },
      },
      { type: "advisor_20260301", model: "claude-opus-5-5" },
    ],
    false,
  ).advisors;
  const price = builtInPrice("claude-opus-5-5", Date.UTC(2026, 10, 20));
  if (!price || !first || !unbounded) throw new Error("no price or no advisors");
  const demand: Demand = { fallbackModels: [], cacheTtl: "none", webSearchUses: 0 };
  expect(advisorWorstCaseNanoUsd(demand, first, price)).toBe(2 * (1_000_000 * 8_000 + 500 * 20_000));
  expect(advisorWorstCaseNanoUsd(demand, unbounded, price)).toBe(
    20 * (1_000_000 * 4_000 + price.maxOutputTokens * 20_000),
  );
  const batch = new BatchDemand(Date.UTC(2026, 10, 20));
  for (const model of ["claude-sonnet-5-5", "claude-sonnet-5-5"]) {
    batch.add({ ...demand, model, maxTokens: 1, advisors: [first] });
  }
  expect(batch.all()).toMatchObject([{ advisors: [{ ...first, uses: 4 }], batch: { requests: 2 } }]);
});

it("estimates by time what nobody reported, within max_tokens", () => {
  const bounds = { inputTokens: 7, maxOutputTokens: 1_000 };
  expect(estimatedTokens({ ...bounds, elapsedMs: 500 })).toMatchObject({ inputTokens: 7, outputTokens: 100 });
  expect(estimatedTokens({ ...bounds, elapsedMs: 60_000 }).outputTokens).toBe(1_000);
  expect(estimatedTokens({ ...bounds, elapsedMs: -1 }).outputTokens).toBe(0);
});
