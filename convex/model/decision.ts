import { type Infer, v } from "convex/values";
import { vScope } from "./limits";

const vWindow = v.union(v.literal("day"), v.literal("month"), v.literal("total"));

const LIMIT_REFUSALS = [
  v.object({
    reason: v.literal("rateLimited"),
    scope: vScope,
    rate: v.union(v.literal("requests"), v.literal("inputTokens"), v.literal("outputTokens")),
    perMinute: v.number(),
    retryAfterMs: v.number(),
  }),
  v.object({ reason: v.literal("concurrencyLimited"), scope: vScope, concurrentRequests: v.number() }),
  v.object({
    reason: v.literal("budgetSpent"),
    scope: vScope,
    window: vWindow,
    budgetNanoUsd: v.number(),
    settledNanoUsd: v.number(),
    worstCaseNanoUsd: v.number(),
    resetsAt: v.optional(v.number()), // absent: never
  }),
  v.object({
    reason: v.literal("budgetReserved"),
    scope: vScope,
    window: vWindow,
    budgetNanoUsd: v.number(),
    reservedNanoUsd: v.number(),
  }),
] as const;
/** A limit of the key, its member or the gateway lacks room. */
export type LimitRefusal = Infer<(typeof LIMIT_REFUSALS)[number]>;

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
  v.object({ reason: v.literal("foreignObject"), objectId: v.string() }),
  v.object({ reason: v.literal("killedKey") }),
  v.object({ reason: v.literal("gatewayKilled") }),
  /** The gateway itself runs as many requests as it may. */
  v.object({ reason: v.literal("overloaded"), concurrentRequests: v.number() }),
  ...LIMIT_REFUSALS,
);
export type Refusal = Infer<typeof vRefusal>;

export const vAdmission = v.object({
  ok: v.literal(true),
  rowId: v.id("requests"),
  memberId: v.id("members"),
  apiKeyId: v.optional(v.id("apiKeys")),
  model: v.string(),
  maxTokens: v.number(),
  upstreamKeyIndex: v.optional(v.number()), // which of the operator's keys to use; absent: the only one
});
export type Admission = Infer<typeof vAdmission>;

/** A "no" is a value, not an exception: it costs no upstream call. */
export const vDecision = v.union(vAdmission, v.object({ ok: v.literal(false), refusal: vRefusal }));
export type Decision = Infer<typeof vDecision>;
