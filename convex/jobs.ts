import { type Infer, v } from "convex/values";
import { internalQuery } from "./_generated/server";
import { findPayer } from "./admission";
import { vRefusal } from "./model/decision";
import { vRunStatus } from "./model/webhookValidators";
import { readText } from "./textParts";

/** The key of a job's caller, or why it may not call at all. */
export const findKey = internalQuery({
  args: { keyHash: v.string(), now: v.number() },
  returns: v.union(vRefusal, v.object({ apiKeyId: v.id("apiKeys") })),
  handler: async (ctx, { keyHash, now }) => {
    const payer = await findPayer(ctx, { keyHash }, now);
    if ("reason" in payer) return payer;
    return payer.apiKeyId ? { apiKeyId: payer.apiKeyId } : { reason: "unknownKey" as const };
  },
});

const vFound = v.union(
  v.null(),
  vRefusal,
  v.object({
    id: v.string(),
    status: vRunStatus,
    attempts: v.number(),
    createdAt: v.number(),
    /** The body of the message about its end. */
    bodyJson: v.union(v.null(), v.string()),
  }),
);

/** A key's own job; null for those of others, as for those that do not exist. */
export const get = internalQuery({
  args: { keyHash: v.string(), jobId: v.string(), now: v.number() },
  returns: vFound,
  handler: async (ctx, { keyHash, jobId, now }): Promise<Infer<typeof vFound>> => {
    const payer = await findPayer(ctx, { keyHash }, now);
    if ("reason" in payer) return payer;
    const run = await ctx.db
      .query("runs")
      .withIndex("by_runId", (q) => q.eq("runId", jobId))
      .unique();
    if (!run || run.webhookId !== undefined || run.apiKeyId !== payer.apiKeyId) return null;
    const { runId: id, status, attempts, receivedAt: createdAt, messageId } = run;
    return { id, status, attempts, createdAt, bodyJson: messageId ? await readText(ctx, messageId) : null };
  },
});
