/** Integer pico-dollars per token: $1 per million tokens is 1,000,000. */
export interface TokenPrices {
  inputPicoUsdPerToken: number;
  cacheCreation5mPicoUsdPerToken: number;
  cacheCreation1hPicoUsdPerToken: number;
  cacheReadPicoUsdPerToken: number;
  outputPicoUsdPerToken: number;
}

export interface PriceInForce extends TokenPrices {
  /** From this instant on (epoch milliseconds, UTC midnight), until the model's next entry. */
  effectiveFrom: number;
  /** Prices of the whole request when its prompt, cache reads and writes included, is longer. */
  longPrompt?: TokenPrices & { aboveTokens: number };
  /** Fast mode multiplies every token class; absent where the model's fast price is not published. */
  fastPercent?: number;
  /** `inference_geo: "us"` multiplies every token class. */
  usGeoPercent: number;
  /** Where the numbers come from; the pages are named in SOURCES. */
  sources: string;
}

export interface PricedModel {
  id: string;
  displayName: string;
  contextTokens: number;
  maxOutputTokens: number;
  /** Newest last. */
  prices: PriceInForce[];
}

/** The letters of `sources`. */
export const PRICE_SOURCES = {
  a: "github.com/archid21/rightsize release v0.10.2, which reads Anthropic's pricing page (one secondary source)",
  b: "platform.claude.com: model overview and pricing pages",
  c: "docs.rs synaps 0.10.2 (verified 2026-10-10), TheKrush/PromptFuel v1.0.23",
  d: "kurofune/claudit v1.8.2, uttamdeb/agent-telemetry v1.6.4",
  e: "@pydantic/genai-prices 0.1.8",
  f: "BerriAI/litellm model_prices_and_context_window.json at 00035b69",
  g: "anthropics/skills claude-api/shared/models.md (2026-07-01)",
  h: "anomalyco/models.dev (2026-07-02), Portkey-AI/models pricing/anthropic.json (2026-08-21)",
} as const;

/** Input, 5-minute write, 1-hour write, cache read, output: dollars per million tokens. */
type UsdPerMillion = [input: number, write5m: number, write1h: number, read: number, output: number];

function perToken([input, write5m, write1h, read, output]: UsdPerMillion): TokenPrices {
  const pico = (usdPerMillion: number) => Math.round(usdPerMillion * 1_000_000);
  return {
    inputPicoUsdPerToken: pico(input),
    cacheCreation5mPicoUsdPerToken: pico(write5m),
    cacheCreation1hPicoUsdPerToken: pico(write1h),
    cacheReadPicoUsdPerToken: pico(read),
    outputPicoUsdPerToken: pico(output),
  };
}

interface PriceOptions {
  sources: string;
  fastPercent?: number;
  usGeoPercent?: number;
  longPrompt?: { aboveTokens: number; usd: UsdPerMillion };
}

function price(from: string, usd: UsdPerMillion, options: PriceOptions): PriceInForce {
  const { longPrompt, usGeoPercent = 110, ...rest } = options;
  return {
    ...perToken(usd),
    ...rest,
    effectiveFrom: Date.parse(`${from}T00:00:00Z`),
    usGeoPercent,
    ...(longPrompt && {
      longPrompt: { aboveTokens: longPrompt.aboveTokens, ...perToken(longPrompt.usd) },
    }),
  };
}

const M = 1_000_000;
const LARGE = { contextTokens: M, maxOutputTokens: 128_000 };
const SMALL = { contextTokens: 200_000, maxOutputTokens: 64_000 };

const HAIKU_5_5 = price("2026-10-07", [0.1, 0.125, 0.2, 0.01, 0.5], {
  sources: "bc",
  longPrompt: { aboveTokens: 100_000, usd: [0.5, 0.625, 1, 0.05, 2.5] },
});
const SONNET_4_5 = price("2025-09-29", [3, 3.75, 6, 0.3, 15], {
  sources: "ef",
  usGeoPercent: 100,
  longPrompt: { aboveTokens: 200_000, usd: [6, 7.5, 12, 0.6, 22.5] },
});
const FABLE_5_2 = price("2026-11-09", [8, 10, 16, 0.2, 40], { sources: "a" });
const FABLE_5_1 = price("2026-09-01", [10, 12.5, 20, 0.25, 50], { sources: "be" });
const FABLE_5 = price("2026-06-09", [10, 12.5, 20, 1, 50], { sources: "beg" });
const OPUS: UsdPerMillion = [5, 6.25, 10, 0.5, 25];

/**
 * Anthropic's published prices, recommended models first. `claude-mythos-preview` has no published
 * price and is therefore absent: it is refused until `admin:setPrice` gives it one.
 */
export const PRICE_TABLE: readonly PricedModel[] = [
  {
    id: "claude-sonnet-5-5",
    displayName: "Claude Sonnet 5.5",
    ...LARGE,
    prices: [
      price("2026-09-28", [2, 2.5, 4, 0.2, 10], { sources: "bcd" }),
      price("2026-10-07", [2, 2.5, 4, 0.1, 10], { sources: "bcd" }),
    ],
  },
  {
    id: "claude-opus-5-5",
    displayName: "Claude Opus 5.5",
    ...LARGE,
    prices: [price("2026-09-22", [4, 5, 8, 0.2, 20], { sources: "bde", fastPercent: 200 })],
  },
  { id: "claude-haiku-5-5", displayName: "Claude Haiku 5.5", ...LARGE, prices: [HAIKU_5_5] },
  { id: "claude-fable-5-2", displayName: "Claude Fable 5.2", ...LARGE, prices: [FABLE_5_2] },
  { id: "claude-mythos-5-2", displayName: "Claude Mythos 5.2", ...LARGE, prices: [FABLE_5_2] },
  { id: "claude-fable-5-1", displayName: "Claude Fable 5.1", ...LARGE, prices: [FABLE_5_1] },
  { id: "claude-mythos-5-1", displayName: "Claude Mythos 5.1", ...LARGE, prices: [FABLE_5_1] },
  {
    id: "claude-opus-5",
    displayName: "Claude Opus 5",
    ...LARGE,
    prices: [price("2026-07-24", OPUS, { sources: "bef", fastPercent: 200 })],
  },
  {
    id: "claude-sonnet-5",
    displayName: "Claude Sonnet 5",
    ...LARGE,
    prices: [price("2026-06-30", [2, 2.5, 4, 0.2, 10], { sources: "be" })],
  },
  { id: "claude-fable-5", displayName: "Claude Fable 5", ...LARGE, prices: [FABLE_5] },
  { id: "claude-mythos-5", displayName: "Claude Mythos 5", ...LARGE, prices: [FABLE_5] },
  {
    id: "claude-opus-4-8",
    displayName: "Claude Opus 4.8",
    ...LARGE,
    prices: [price("2026-05-28", OPUS, { sources: "bgh", fastPercent: 200 })],
  },
  {
    id: "claude-opus-4-7",
    displayName: "Claude Opus 4.7",
    ...LARGE,
    prices: [price("2026-04-16", OPUS, { sources: "bh" })],
  },
  {
    id: "claude-opus-4-6",
    displayName: "Claude Opus 4.6",
    ...LARGE,
    // The premium above 200k tokens ended on this day.
    prices: [price("2026-03-13", OPUS, { sources: "beh" })],
  },
  {
    id: "claude-sonnet-4-6",
    displayName: "Claude Sonnet 4.6",
    ...LARGE,
    prices: [price("2026-02-17", [3, 3.75, 6, 0.3, 15], { sources: "egh" })],
  },
  {
    id: "claude-opus-4-5",
    displayName: "Claude Opus 4.5",
    ...SMALL,
    prices: [price("2025-11-01", OPUS, { sources: "bh", usGeoPercent: 100 })],
  },
  {
    id: "claude-sonnet-4-5",
    displayName: "Claude Sonnet 4.5",
    contextTokens: M, // with the context-1m beta
    maxOutputTokens: 64_000,
    prices: [SONNET_4_5],
  },
  {
    id: "claude-haiku-4-5",
    displayName: "Claude Haiku 4.5",
    ...SMALL,
    prices: [price("2025-10-01", [1, 1.25, 2, 0.1, 5], { sources: "be", usGeoPercent: 100 })],
  },
];

/** $10 per 1,000 searches. */
export const WEB_SEARCH_PICO_USD = 10_000_000_000;
