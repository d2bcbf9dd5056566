import { type Infer, v } from "convex/values";
import { vCharge, vRequestStatus, vServedAs, vTokens, vUsageSource } from "./validators";

/** How a request ended, as settle records it. */
export const vOutcome = v.object({
  status: vRequestStatus,
  usageSource: vUsageSource,
  /** Absent: Claude may have worked but said nothing; settle bills an estimate by size and time. */
  tokens: v.optional(vTokens),
  /** Output tokens that were delivered at least, where there are no `tokens`. */
  deliveredTokens: v.optional(v.number()),
  /** Where not all tokens have the price of the model that answered. They add up to `tokens`. */
  charges: v.optional(v.array(vCharge)),
  /** Claude does not bill a refusal that came before any output, although it reports the tokens. */
  isUnbilled: v.optional(v.boolean()),
  /** Containers and files that the answer names; recorded as the caller's. */
  objectIds: v.optional(v.array(v.string())),
  servedModel: v.optional(v.string()),
  servedAs: v.optional(vServedAs),
  timeToFirstTokenMs: v.optional(v.number()),
  httpStatus: v.optional(v.number()),
  errorType: v.optional(v.string()),
  errorMessage: v.optional(v.string()),
  stopReason: v.optional(v.string()),
  anthropicRequestId: v.optional(v.string()),
});
export type Outcome = Infer<typeof vOutcome>;

/** What settle answers, also when the request was settled before. */
export const vSettlement = v.object({
  status: vRequestStatus,
  costNanoUsd: v.number(),
  tokens: vTokens,
});
export type Settlement = Infer<typeof vSettlement>;
