import { type Infer, v } from "convex/values";
import { costOfAll, type ModelPrice } from "./pricing";
import type { Tokens } from "./validators";

/** What a request may use at most, read from its body; admit turns it into money. */
export const vDemand = v.object({
  /** Absent: the gateway's default model. */
  model: v.optional(v.string()),
  /** Absent: the gateway's default. */
  maxTokens: v.optional(v.number()),
  /** Models of the `fallbacks` field and of advisors; each needs a price too. */
  fallbackModels: v.array(v.string()),
  /** Absent: the body holds inputs of unknown size, so the whole context window counts. */
  inputTokens: v.optional(v.number()),
  /** The dearest cache write that the body asks for. */
  cacheTtl: v.union(v.literal("none"), v.literal("5m"), v.literal("1h")),
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
  const tokens: Tokens = {
    inputTokens: 0,
    cacheReadInputTokens: 0,
    cacheCreation5mInputTokens: 0,
    cacheCreation1hInputTokens: 0,
    outputTokens: maxTokens,
    webSearchRequests: demand.webSearchUses,
  };
  tokens[DEAREST_INPUT[demand.cacheTtl]] = inputTokensMax(demand, price);
  const { speed, inferenceGeo, batch } = demand;
  const servedAs = { speed, inferenceGeo, ...(batch && { serviceTier: "batch" }) };
  return costOfAll([{ tokens, price, isLongPrompt: batch?.isLongPrompt }], servedAs);
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
    inputTokens: bounds.inputTokens,
    cacheReadInputTokens: 0,
    cacheCreation5mInputTokens: 0,
    cacheCreation1hInputTokens: 0,
    outputTokens: Math.min(bounds.maxOutputTokens, bounds.deliveredTokens ?? producible),
    webSearchRequests: 0,
  };
}
