import { type Infer, v } from "convex/values";

/** Why admit says no; gateway/refusalError.ts puts it into words. */
export const vRefusal = v.union(
  v.object({ reason: v.literal("unknownKey") }),
  v.object({ reason: v.literal("revokedKey"), revokedAt: v.number() }),
  v.object({ reason: v.literal("expiredKey"), expiredAt: v.number() }),
  v.object({ reason: v.literal("pausedKey") }),
  v.object({ reason: v.literal("unknownMember") }),
  v.object({
    reason: v.literal("modelNotAllowed"),
    model: v.string(),
    allowedModels: v.array(v.string()),
  }),
  v.object({ reason: v.literal("unpricedModel"), model: v.string() }),
  v.object({ reason: v.literal("rateLimited"), requestsPerMinute: v.number(), retryAfterMs: v.number() }),
  v.object({ reason: v.literal("concurrencyLimited"), concurrentRequests: v.number() }),
  v.object({
    reason: v.literal("budgetSpent"),
    budgetNanoUsd: v.number(),
    settledNanoUsd: v.number(),
    worstCaseNanoUsd: v.number(),
    resetsAt: v.number(),
  }),
  v.object({ reason: v.literal("budgetReserved"), budgetNanoUsd: v.number(), reservedNanoUsd: v.number() }),
);
export type Refusal = Infer<typeof vRefusal>;

export const vAdmission = v.object({
  ok: v.literal(true),
  rowId: v.id("requests"),
  memberId: v.id("members"),
  apiKeyId: v.optional(v.id("apiKeys")),
  model: v.string(),
  maxTokens: v.number(),
});
export type Admission = Infer<typeof vAdmission>;

/** A "no" is a value, not an exception: it costs no upstream call. */
export const vDecision = v.union(vAdmission, v.object({ ok: v.literal(false), refusal: vRefusal }));
export type Decision = Infer<typeof vDecision>;
