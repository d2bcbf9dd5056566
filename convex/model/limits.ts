import { type Infer, v } from "convex/values";
import type { BudgetWindow } from "./windows";

/** What a meter holds against: an absent one is no limit. */
export const vMeterLimits = v.object({
  requestsPerMinute: v.optional(v.number()),
  /** Of input that was not read from the cache, as Anthropic counts it. */
  inputTokensPerMinute: v.optional(v.number()),
  outputTokensPerMinute: v.optional(v.number()),
  concurrentRequests: v.optional(v.number()),
  dailyBudgetNanoUsd: v.optional(v.number()),
  monthlyBudgetNanoUsd: v.optional(v.number()),
  totalBudgetNanoUsd: v.optional(v.number()),
});
export type MeterLimits = Infer<typeof vMeterLimits>;

/** Limits of a key. */
export const vLimits = v.object({
  ...vMeterLimits.fields,
  allowedModels: v.optional(v.array(v.string())),
});
export type Limits = Infer<typeof vLimits>;

/** Whose limit it is. */
export const vScope = v.union(v.literal("key"), v.literal("member"), v.literal("gateway"));
export type Scope = Infer<typeof vScope>;

export const BUDGET_WINDOWS = ["day", "month", "total"] as const;
export const BUDGET_OF = {
  day: "dailyBudgetNanoUsd",
  month: "monthlyBudgetNanoUsd",
  total: "totalBudgetNanoUsd",
} as const satisfies Record<BudgetWindow, keyof MeterLimits>;

export const RATES = ["requests", "inputTokens", "outputTokens"] as const;
export type Rate = (typeof RATES)[number];
export const PER_MINUTE_OF = {
  requests: "requestsPerMinute",
  inputTokens: "inputTokensPerMinute",
  outputTokens: "outputTokensPerMinute",
} as const satisfies Record<Rate, keyof MeterLimits>;

const COUNTS = [...RATES.map((rate) => PER_MINUTE_OF[rate]), "concurrentRequests"] as const;
const BUDGETS = BUDGET_WINDOWS.map((window) => BUDGET_OF[window]);
const METERED = [...COUNTS, ...BUDGETS];
const MODELS_MAX = 50;

/** Whether anything must be counted; without, a request costs no extra document. */
export function isMetered(limits: MeterLimits): boolean {
  return METERED.some((name) => limits[name] !== undefined);
}

/** One shard's part of limits that `count` shards share: whole numbers that add up to the limit. */
export function shareOf(limits: MeterLimits, index: number, count: number): MeterLimits {
  if (count === 1) return limits;
  const share: MeterLimits = {};
  for (const name of METERED) {
    const limit = limits[name];
    if (limit !== undefined) share[name] = Math.floor(limit / count) + (index < limit % count ? 1 : 0);
  }
  return share;
}

/** What is wrong with limits, as a sentence; null when nothing is. */
export function limitsProblem(limits: Limits): string | null {
  for (const name of COUNTS) {
    const value = limits[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      return `${name} is ${value}; it must be a whole number above 0. Leave it out for no limit.`;
    }
  }
  for (const name of BUDGETS) {
    const value = limits[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      return `${name} is ${value}; it must be a whole number of nano-dollars, 0 or more. Leave it out for no limit.`;
    }
  }
  const { allowedModels } = limits;
  if (allowedModels && (allowedModels.length === 0 || allowedModels.length > MODELS_MAX)) {
    return `allowedModels has ${allowedModels.length} entries; it needs 1 to ${MODELS_MAX}. Leave it out to allow all.`;
  }
  return null;
}
