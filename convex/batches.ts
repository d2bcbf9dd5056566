import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { internalAction, internalMutation, internalQuery, type QueryCtx } from "./_generated/server";
import { settleBatch } from "./gateway/settleBatch";
import { vOutcome } from "./model/outcome";
import { settleRequest } from "./settlement";
import { NO_SLOT } from "./slots";
import { insertObject } from "./upstreamObjects";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Claude ends a batch after a day; a row that is still open then is settled at an estimate by the lease cron. */
const LEASE_MS = 48 * HOUR_MS;
const FIRST_POLL_MS = 20_000;
const POLL_BATCH = 20;

/** A batch was accepted: its row keeps its money but no slot, and its results are looked for by `poll`. */
export const begin = internalMutation({
  args: { rowId: v.id("requests"), objectId: v.string(), metadata: v.string() },
  returns: v.null(),
  handler: async (ctx, { rowId, objectId, metadata }) => {
    const row = await ctx.db.get("requests", rowId);
    if (row?.status !== "running") throw new Error(`the batch ${objectId} has no running row`);
    const now = Date.now();
    for (const hold of row.holds ?? []) {
      const meter = await ctx.db.get("meters", hold.meterId);
      if (meter) await ctx.db.patch("meters", meter._id, { running: meter.running - 1 });
    }
    await ctx.db.patch("requests", rowId, {
      slot: NO_SLOT,
      holds: row.holds?.map((hold) => ({ ...hold, isDetached: true })),
      servedAs: { serviceTier: "batch" },
      leaseExpiresAt: now + LEASE_MS,
    });
    const pollAt = now + FIRST_POLL_MS;
    await insertObject(ctx, row, { kind: "batch", objectId, metadata, requestRowId: rowId, pollAt });
    return null;
  },
});

/** Looks for batches that have ended and settles them. A cron starts it; it needs no client. */
export const poll = internalAction({
  args: { now: v.optional(v.number()) },
  returns: v.null(),
  handler: async (ctx, args) => {
    const due: string[] = await ctx.runQuery(internal.batches.listDue, { now: args.now ?? Date.now() });
    for (const objectId of due) {
      try {
        await settleBatch(ctx, objectId);
      } catch (error) {
        console.error(`batch ${objectId} could not be looked up and is tried again`, error);
        await ctx.runMutation(internal.batches.postpone, { objectId });
      }
    }
    return null;
  },
});

export const listDue = internalQuery({
  args: { now: v.number() },
  returns: v.array(v.string()),
  handler: async (ctx, { now }) => {
    const due = await ctx.db
      .query("upstreamObjects")
      .withIndex("by_pollAt", (q) => q.gt("pollAt", 0).lte("pollAt", now))
      .take(POLL_BATCH);
    return due.map(({ objectId }) => objectId);
  },
});

/** When a batch was admitted, as long as it is unsettled. */
export const startedAt = internalQuery({
  args: { objectId: v.string() },
  returns: v.union(v.null(), v.number()),
  handler: async (ctx, { objectId }) => (await openRow(ctx, objectId))?.row.startedAt ?? null,
});

/** Not ended yet: looked for again after a tenth of its age, a minute to a quarter of an hour. */
export const postpone = internalMutation({
  args: { objectId: v.string(), metadata: v.optional(v.string()) },
  returns: v.null(),
  handler: async (ctx, { objectId, metadata }) => {
    const open = await openRow(ctx, objectId);
    if (!open) return null;
    const now = Date.now();
    const waitMs = Math.min(15 * MINUTE_MS, Math.max(MINUTE_MS, (now - open.row.startedAt) / 10));
    const isOver = open.row.status !== "running";
    await ctx.db.patch("upstreamObjects", open.object._id, {
      ...(metadata !== undefined && { metadata }),
      pollAt: isOver ? undefined : now + waitMs,
    });
    return null;
  },
});

/** Settles a batch in the windows of its creation. */
export const settle = internalMutation({
  args: { objectId: v.string(), metadata: v.string(), outcome: vOutcome },
  returns: v.null(),
  handler: async (ctx, { objectId, metadata, outcome }) => {
    const open = await openRow(ctx, objectId);
    if (!open) return null;
    await settleRequest(ctx, open.row, outcome);
    await ctx.db.patch("upstreamObjects", open.object._id, { metadata, pollAt: undefined });
    return null;
  },
});

async function openRow(
  ctx: QueryCtx,
  objectId: string,
): Promise<{ object: Doc<"upstreamObjects">; row: Doc<"requests"> } | null> {
  const object = await ctx.db
    .query("upstreamObjects")
    .withIndex("by_objectId", (q) => q.eq("objectId", objectId))
    .first();
  const row = object?.requestRowId && (await ctx.db.get("requests", object.requestRowId));
  return object?.pollAt !== undefined && row ? { object, row } : null;
}
