import { type Infer, v } from "convex/values";
import { NO_TOKENS } from "./anthropicUsage";
import { costOfAll, type ModelPrice } from "./pricing";
import type { ServedAs, Tokens } from "./validators";

const vCacheTtl = v.union(v.literal("none"), v.literal("5m"), v.literal("1h"));

const vAdvisor = v.object({
  model: v.string(),
  uses: v.number(),
  maxTokens: v.optional(v.number()), // of each use; absent: what the model can
  cacheTtl: vCacheTtl,
});
export type Advisor = Infer<typeof vAdvisor>;

/** What a request may use at most, read from its body; admit turns it into money. */
export const vDemand = v.object({
  /** Absent: the gateway's default model. */
  model: v.optional(v.string()),
  /** Absent: the gateway's default. */
  maxTokens: v.optional(v.number()),
  /** Models of the `fallbacks` field; each needs a price too. */
  fallbackModels: v.array(v.string()),
  /** Models that Anthropic asks for advice meanwhile: billed besides, at their own price. */
  advisors: v.optional(v.array(vAdvisor)),
  /** Absent: the body holds inputs of unknown size, so the whole context window counts. */
  inputTokens: v.optional(v.number()),
  /** The dearest cache write that the body asks for. */
  cacheTtl: vCacheTtl,
  webSearchUses: v.number(),
  speed: v.optional(v.string()),
  inferenceGeo: v.optional(v.string()),
  /** Files and containers that the body names; they must be the caller's. */
  objectIds: v.optional(v.array(v.string())),
  /** Of a batch: the counts above are of so many requests together. */
  batch: v.optional(v.object({ requests: v.number(), isLongPrompt: v.boolean() })),
});
export type Demand = Infer<typeof vDemand>;

/** Generous for today's fastest models: what a request without reported usage may have produced. */
const OUTPUT_TOKENS_PER_SECOND_MAX = 200;

/** The input tokens that a reservation counts: never more than fits into the model's context. */
export function inputTokensMax(demand: Demand, price: ModelPrice): number {
  const contextTokens = price.contextTokens * (demand.batch?.requests ?? 1);
  return Math.min(contextTokens, demand.inputTokens ?? contextTokens);
}

/** The most that a request can cost on this model, in nano-dollars. */
export function worstCaseNanoUsd(demand: Demand, price: ModelPrice, maxTokens: number): number {
  const tokens: Tokens = { ...NO_TOKENS, outputTokens: maxTokens, webSearchRequests: demand.webSearchUses };
  tokens[DEAREST_INPUT[demand.cacheTtl]] = inputTokensMax(demand, price);
  return costOfAll([{ tokens, price, isLongPrompt: demand.batch?.isLongPrompt }], servedAsAsked(demand));
}

/** The most that an advisor can add: each use may read a full context and write all it can. */
export function advisorWorstCaseNanoUsd(demand: Demand, advisor: Advisor, price: ModelPrice): number {
  const { uses, maxTokens = price.maxOutputTokens, cacheTtl } = advisor;
  const tokens: Tokens = { ...NO_TOKENS, outputTokens: uses * Math.min(maxTokens, price.maxOutputTokens) };
  tokens[DEAREST_INPUT[cacheTtl]] = uses * price.contextTokens;
  return costOfAll([{ tokens, price }], servedAsAsked(demand));
}

function servedAsAsked({ speed, inferenceGeo, batch }: Demand): ServedAs {
  return { speed, inferenceGeo, ...(batch && { serviceTier: "batch" }) };
}

const DEAREST_INPUT = {
  none: "inputTokens",
  "5m": "cacheCreation5mInputTokens",
  "1h": "cacheCreation1hInputTokens",
} as const;

/** What is billed when Claude may have worked but reported no usage: never zero, never above `max_tokens`. */
export function estimatedTokens(bounds: {
  inputTokens: number;
  maxOutputTokens: number;
  elapsedMs: number;
  deliveredTokens?: number;
}): Tokens {
  const producible = Math.ceil((Math.max(0, bounds.elapsedMs) / 1000) * OUTPUT_TOKENS_PER_SECOND_MAX);
  return {
    ...NO_TOKENS,
    inputTokens: bounds.inputTokens,
    outputTokens: Math.min(bounds.maxOutputTokens, bounds.deliveredTokens ?? producible),
  };
}
