import { v } from "convex/values";
import { internalQuery, type MutationCtx } from "./_generated/server";
import { upstreamKeyCount } from "./gateway/config";
import type { Decision } from "./model/decision";

const WINDOW_MS = 60_000;
const ROWS_READ_MAX = 200;
/** With fewer ended requests than this nothing is concluded. */
const ENDED_MIN = 20;
const FAILED_RATIO_MAX = 0.5;
const RETRIES_FREE = 20;
const RETRIED_RATIO_MAX = 0.1;

/** Which of the operator's keys an admitted request uses: the first that does not rest. One key costs no read. */
export async function withUpstreamKey(ctx: MutationCtx, decision: Decision): Promise<Decision> {
  if (!decision.ok || upstreamKeyCount() === 1) {
    return decision;
  }
  const cooldowns = await ctx.db.query("upstreamCooldowns").take(upstreamKeyCount());
  const restsUntil = Array.from({ length: upstreamKeyCount() }, (_, keyIndex) =>
    Math.max(0, ...cooldowns.filter((row) => row.keyIndex === keyIndex).map((row) => row.until)),
  );
  const now = Date.now();
  const awake = restsUntil.findIndex((until) => until <= now);
  const upstreamKeyIndex = awake === -1 ? restsUntil.indexOf(Math.min(...restsUntil)) : awake;
  return { ...decision, upstreamKeyIndex };
}

/** Lets a key rest. */
export async function coolDown(ctx: MutationCtx, keyIndex: number, until: number): Promise<void> {
  const row = await ctx.db
    .query("upstreamCooldowns")
    .withIndex("by_keyIndex", (q) => q.eq("keyIndex", keyIndex))
    .unique();
  if (row) {
    await ctx.db.patch("upstreamCooldowns", row._id, { until: Math.max(until, row.until) });
  } else {
    await ctx.db.insert("upstreamCooldowns", { keyIndex, until });
  }
}

/** Whether a failed request may be repeated: at most a tenth of the last minute's, and none while most of them fail. */
export const mayRetry = internalQuery({
  args: { now: v.number() },
  returns: v.boolean(),
  handler: async (ctx, { now }) => {
    const rows = await ctx.db
      .query("requests")
      .withIndex("by_creation_time", (q) => q.gte("_creationTime", now - WINDOW_MS))
      .order("desc")
      .take(ROWS_READ_MAX);
    const retries = rows.filter((row) => (row.attemptNumber ?? 1) > 1).length;
    const ended = rows.filter((row) => row.status === "succeeded" || row.status === "failed");
    const failed = ended.filter((row) => row.status === "failed" && (row.httpStatus ?? 500) >= 500);
    const isOpen = ended.length >= ENDED_MIN && failed.length / ended.length > FAILED_RATIO_MAX;
    return !isOpen && retries < Math.max(RETRIES_FREE, rows.length * RETRIED_RATIO_MAX);
  },
});
