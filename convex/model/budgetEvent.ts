import { type Infer, v } from "convex/values";
import { vScope } from "./limits";

/** A budget reached a share of itself, or a request was refused because it is spent. */
export const vBudgetEvent = v.object({
  type: v.union(v.literal("budget.threshold"), v.literal("budget.exhausted")),
  scope: vScope,
  /** The key's or member's id, or `gateway`. */
  subject: v.string(),
  apiKeyId: v.optional(v.id("apiKeys")),
  memberId: v.optional(v.id("members")),
  window: v.union(v.literal("day"), v.literal("month"), v.literal("total")),
  windowStartsAt: v.number(),
  percent: v.number(),
  budgetNanoUsd: v.number(),
  settledNanoUsd: v.number(),
});
export type BudgetEvent = Infer<typeof vBudgetEvent>;
