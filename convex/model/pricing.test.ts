import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addTokens, billedUsageOf, NO_TOKENS, overlayUsage } from "./anthropicUsage";
import { PRICE_TABLE } from "./priceTable";
import { builtInPrice, cost, findPricedModel, formatUsd, isSameModel, type ModelPrice } from "./pricing";
import type { ServedAs, Tokens } from "./validators";

const AT = Date.UTC(2026, 10, 20);

function priceNow(model: string): ModelPrice {
  const price = builtInPrice(model, AT);
  if (!price) throw new Error(`${model} has no price`);
  return price;
}

const count = fc.oneof(fc.nat({ max: 2_000_000 }), fc.nat({ max: 1_000_000_000 }));
const tokens: fc.Arbitrary<Tokens> = fc.record({
  inputTokens: count,
  cacheReadInputTokens: count,
  cacheCreation5mInputTokens: count,
  cacheCreation1hInputTokens: count,
  outputTokens: count,
  webSearchRequests: fc.nat({ max: 1_000 }),
});
const price = fc.constantFrom(...PRICE_TABLE.map((model) => priceNow(model.id)));
const flatPrice = fc.constantFrom(
  ...PRICE_TABLE.map((model) => priceNow(model.id)).filter((entry) => !entry.longPrompt),
);
const servedAs: fc.Arbitrary<ServedAs> = fc.record(
  {
    speed: fc.constantFrom("standard", "fast"),
    inferenceGeo: fc.constantFrom("us", "global"),
    serviceTier: fc.constantFrom("standard", "priority", "batch"),
  },
  { requiredKeys: [] },
);

function usageOf(t: Tokens) {
  return {
    input_tokens: t.inputTokens,
    cache_read_input_tokens: t.cacheReadInputTokens,
    cache_creation_input_tokens: t.cacheCreation5mInputTokens + t.cacheCreation1hInputTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: t.cacheCreation5mInputTokens,
      ephemeral_1h_input_tokens: t.cacheCreation1hInputTokens,
    },
    output_tokens: t.outputTokens,
    server_tool_use: { web_search_requests: t.webSearchRequests },
  };
}

describe("cost", () => {
  it("is a whole number of nano-dollars, 0 or more, for any usage of any model", () => {
    fc.assert(
      fc.property(tokens, price, servedAs, (t, p, s) => {
        const nano = cost(t, p, s);
        expect(Number.isInteger(nano) && nano >= 0).toBe(true);
      }),
    );
  });

  it("never falls when a counter rises", () => {
    fc.assert(
      fc.property(tokens, tokens, price, servedAs, (t, more, p, s) => {
        const raised = { ...t };
        addTokens(raised, more);
        expect(cost(raised, p, s)).toBeGreaterThanOrEqual(cost(t, p, s));
      }),
    );
  });

  it("of two usages together is the sum of both, but for one rounding", () => {
    fc.assert(
      fc.property(tokens, tokens, flatPrice, servedAs, (a, b, p, s) => {
        const both = { ...a };
        addTokens(both, b);
        expect(Math.abs(cost(both, p, s) - cost(a, p, s) - cost(b, p, s))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("of a stream equals that of the same answer in one piece", () => {
    fc.assert(
      fc.property(tokens, price, fc.array(fc.double({ min: 0, max: 1 })), (t, p, shares) => {
        const whole = { ...usageOf(t), service_tier: "standard", inference_geo: "us" };
        const start = { ...whole, output_tokens: 1, server_tool_use: null };
        const { cache_creation: _split, ...cumulative } = usageOf(t);
        const deltas = [...shares.sort(), 1].map((share) => ({
          ...cumulative,
          output_tokens: share === 1 ? t.outputTokens : Math.floor(t.outputTokens * share),
        }));
        const streamed = deltas.reduce<Record<string, unknown>>(
          (usage, delta) => ({ ...overlayUsage(usage, delta) }),
          start,
        );
        expect(billedUsageOf(streamed)).toEqual(billedUsageOf(whole));
        expect(cost(billedUsageOf(streamed).tokens, p, { inferenceGeo: "us" })).toBe(
          cost(t, p, { inferenceGeo: "us" }),
        );
      }),
    );
  });

  it.each<[string, Partial<Tokens>, ServedAs, number]>([
    ["claude-sonnet-5-5", { inputTokens: 1_000_000, outputTokens: 1_000_000 }, {}, 12_000_000_000],
    ["claude-sonnet-5-5", { cacheReadInputTokens: 1_000_000 }, {}, 100_000_000],
    ["claude-sonnet-5-5", { cacheCreation1hInputTokens: 1_000_000 }, {}, 4_000_000_000],
    ["claude-haiku-5-5", { inputTokens: 100_000 }, {}, 10_000_000],
    ["claude-haiku-5-5", { inputTokens: 50_000, cacheReadInputTokens: 50_001 }, {}, 27_500_050],
    ["claude-haiku-5-5", { inputTokens: 1 }, {}, 100],
    ["claude-opus-5-5", { outputTokens: 1_000 }, { speed: "fast" }, 40_000_000],
    ["claude-opus-5-5", { outputTokens: 1_000 }, { inferenceGeo: "us" }, 22_000_000],
    ["claude-opus-5-5", { outputTokens: 1_000 }, { serviceTier: "batch" }, 10_000_000],
    ["claude-opus-5-5", { webSearchRequests: 3 }, { speed: "fast", inferenceGeo: "us" }, 30_000_000],
    ["claude-sonnet-4-5-20250929", { inputTokens: 200_001 }, {}, 1_200_006_000],
  ])("of %s for %j served as %j is %i nano-dollars", (model, used, served, nano) => {
    expect(cost({ ...NO_TOKENS, ...used }, priceNow(model), served)).toBe(nano);
  });

  it("rounds half a nano-dollar up", () => {
    const cheap = { ...priceNow("claude-sonnet-5-5"), inputPicoUsdPerToken: 500 };
    expect(cost({ ...NO_TOKENS, inputTokens: 1 }, cheap, {})).toBe(1);
    expect(cost({ ...NO_TOKENS, inputTokens: 1 }, { ...cheap, inputPicoUsdPerToken: 499 }, {})).toBe(0);
  });
});

describe("prices", () => {
  it("change on their day and not before", () => {
    const before = builtInPrice("claude-sonnet-5-5", Date.UTC(2026, 9, 6, 23, 59, 59, 999));
    const after = builtInPrice("claude-sonnet-5-5", Date.UTC(2026, 9, 7));
    expect(before?.cacheReadPicoUsdPerToken).toBe(200_000);
    expect(after?.cacheReadPicoUsdPerToken).toBe(100_000);
    expect(before?.priceVersion).not.toBe(after?.priceVersion);
  });

  it("are found by exact id or id and date, never by a prefix", () => {
    expect(findPricedModel("claude-sonnet-5-5-20260928")?.id).toBe("claude-sonnet-5-5");
    expect(findPricedModel("claude-sonnet-5-50")).toBeNull();
    expect(findPricedModel("claude-sonnet")).toBeNull();
    expect(findPricedModel("claude-mythos-preview")).toBeNull();
    expect(isSameModel("claude-opus-4-5", "claude-opus-4-5-20251101")).toBe(true);
    expect(isSameModel("claude-opus-4-5-20251101", "claude-opus-4-5-20251102")).toBe(false);
  });

  it("rise from cache read over input to the 1-hour write, for every model", () => {
    for (const { id } of PRICE_TABLE) {
      const p = priceNow(id);
      expect(p.cacheReadPicoUsdPerToken).toBeLessThan(p.inputPicoUsdPerToken);
      expect(p.cacheCreation5mPicoUsdPerToken).toBeGreaterThan(p.inputPicoUsdPerToken);
      expect(p.cacheCreation1hPicoUsdPerToken).toBeGreaterThan(p.cacheCreation5mPicoUsdPerToken);
    }
  });
});

it("writes nano-dollars as exact dollars", () => {
  expect([0, 1, 1_500, 1_000_000_000, 12_345_678_901].map(formatUsd)).toEqual([
    "0",
    "0.000000001",
    "0.0000015",
    "1",
    "12.345678901",
  ]);
});

describe("usage", () => {
  it("without a split counts cache writes as 5-minute ones", () => {
    expect(billedUsageOf({ cache_creation_input_tokens: 70 }).tokens).toMatchObject({
      cacheCreation5mInputTokens: 70,
    });
  });

  it("adds compaction, which the totals leave out", () => {
    const iterations = [
      { type: "message", input_tokens: 5, output_tokens: 5 },
      { type: "compaction", input_tokens: 100, output_tokens: 30 },
    ];
    expect(billedUsageOf({ input_tokens: 5, output_tokens: 5, iterations }).tokens).toMatchObject({
      inputTokens: 105,
      outputTokens: 35,
    });
  });

  it("bills an advisor at its own model, outside the totals", () => {
    const advisor = {
      type: "advisor_message",
      model: "claude-opus-5-5",
      input_tokens: 1_000,
      output_tokens: 50,
    };
    expect(billedUsageOf({ input_tokens: 5, output_tokens: 5, iterations: [advisor] })).toMatchObject({
      tokens: { inputTokens: 1_005, outputTokens: 55 },
      charges: [
        { tokens: { inputTokens: 5, outputTokens: 5 } },
        { model: "claude-opus-5-5", tokens: { inputTokens: 1_000, outputTokens: 50 } },
      ],
    });
  });

  it("bills a turn that a fallback finished by its iterations where they are the totals", () => {
    const iterations = [
      { type: "message", model: "claude-fable-5", input_tokens: 7, output_tokens: 3 },
      { type: "fallback_message", model: "claude-opus-4-8", input_tokens: 9, output_tokens: 20 },
    ];
    expect(billedUsageOf({ input_tokens: 16, output_tokens: 23, iterations })).toMatchObject({
      fallbackModel: "claude-opus-4-8",
      charges: [{ model: "claude-fable-5" }, { model: "claude-opus-4-8" }],
    });
    expect(billedUsageOf({ input_tokens: 9, output_tokens: 20, iterations })).toEqual({
      fallbackModel: "claude-opus-4-8",
      tokens: { ...NO_TOKENS, inputTokens: 9, outputTokens: 20 },
    });
  });

  it("counts nonsense as nothing", () => {
    expect(
      billedUsageOf({ input_tokens: "9", output_tokens: -1, cache_read_input_tokens: Number.NaN }),
    ).toEqual({ tokens: NO_TOKENS });
  });
});
