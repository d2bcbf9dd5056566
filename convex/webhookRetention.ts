import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, type MutationCtx } from "./_generated/server";
import { deleteText } from "./textParts";

const KEPT_MS = 30 * 24 * 60 * 60_000;
const BATCH = 50;

/** Deletes runs and deliveries of more than 30 days ago, with their texts and logs, a batch a transaction. */
export const deleteExpired = internalMutation({
  args: { now: v.optional(v.number()) },
  returns: v.null(),
  handler: async (ctx, args) => {
    const before = (args.now ?? Date.now()) - KEPT_MS;
    const runs = await deleteRuns(ctx, before);
    const deliveries = await deleteDeliveries(ctx, before);
    if (runs === BATCH || deliveries === BATCH) {
      await ctx.scheduler.runAfter(0, internal.webhookRetention.deleteExpired, args);
    }
    return null;
  },
});

async function deleteRuns(ctx: MutationCtx, before: number): Promise<number> {
  const runs = await ctx.db
    .query("runs")
    .withIndex("by_receivedAt", (q) => q.lt("receivedAt", before))
    .take(BATCH);
  for (const { _id, runId, messageId } of runs) {
    await deleteText(ctx, runId);
    if (messageId !== undefined) await deleteText(ctx, messageId);
    await ctx.db.delete("runs", _id);
  }
  return runs.length;
}

async function deleteDeliveries(ctx: MutationCtx, before: number): Promise<number> {
  const deliveries = await ctx.db
    .query("webhookDeliveries")
    .withIndex("by_createdAt", (q) => q.lt("createdAt", before))
    .take(BATCH);
  for (const { _id, messageId } of deliveries) {
    const attempts = await ctx.db
      .query("deliveryAttempts")
      .withIndex("by_deliveryId", (q) => q.eq("deliveryId", _id))
      .collect();
    for (const attempt of attempts) await ctx.db.delete("deliveryAttempts", attempt._id);
    await deleteText(ctx, messageId);
    await ctx.db.delete("webhookDeliveries", _id);
  }
  return deliveries.length;
}
