import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { internalMutation, type MutationCtx, type QueryCtx } from "./_generated/server";
import { type Queue, vQueue } from "./model/webhookValidators";

/** A dispatcher that does not renew its lease for this long is dead, with all that it works on. It renews every 5 s. */
export const LEASE_MS = 30_000;

const vTurn = { queue: vQueue, generation: v.number() };

/** Starts the queue's dispatcher unless one is at work; called in the transaction that adds to the queue. */
export async function wakeDispatcher(ctx: MutationCtx, queue: Queue): Promise<void> {
  const row = await rowOf(ctx, queue);
  if (row === null || row.leaseExpiresAt <= Date.now()) {
    await begin(ctx, queue, row);
  }
}

async function rowOf(ctx: QueryCtx, queue: Queue): Promise<Doc<"dispatchers"> | null> {
  return await ctx.db
    .query("dispatchers")
    .withIndex("by_queue", (q) => q.eq("queue", queue))
    .unique();
}

/** A later generation than any before: the older ones take no more work. */
async function begin(ctx: MutationCtx, queue: Queue, row: Doc<"dispatchers"> | null): Promise<void> {
  const generation = (row?.generation ?? 0) + 1;
  const now = Date.now();
  const leaseExpiresAt = now + LEASE_MS;
  const isWatched = (row?.watchAt ?? 0) > now;
  const watchAt = isWatched ? row?.watchAt : leaseExpiresAt;
  const state = { generation, leaseExpiresAt, wakeAt: undefined, watchAt };
  if (row) {
    await ctx.db.patch("dispatchers", row._id, state);
  } else {
    await ctx.db.insert("dispatchers", { queue, ...state });
  }
  const dispatch = queue === "runs" ? internal.runs.dispatch : internal.sendDeliveries.dispatch;
  await ctx.scheduler.runAfter(0, dispatch, { generation });
  if (!isWatched) await ctx.scheduler.runAt(leaseExpiresAt, internal.dispatcher.watch, { queue });
}

/** The queue's dispatcher if it is still that of this generation. */
export async function inCharge(
  ctx: QueryCtx,
  queue: Queue,
  generation: number,
): Promise<Doc<"dispatchers"> | null> {
  const row = await rowOf(ctx, queue);
  return row?.generation === generation ? row : null;
}

/** Renews the lease of the dispatcher in charge. */
export async function renewDispatcher(ctx: MutationCtx, queue: Queue, generation: number): Promise<void> {
  const row = await inCharge(ctx, queue, generation);
  if (row) await ctx.db.patch("dispatchers", row._id, { leaseExpiresAt: Date.now() + LEASE_MS });
}

/** Lets a dispatcher end: true unless something is due. What is due later is woken for. */
export const sleep = internalMutation({
  args: vTurn,
  returns: v.boolean(),
  handler: async (ctx, { queue, generation }) => {
    const row = await inCharge(ctx, queue, generation);
    if (!row) return true;
    const now = Date.now();
    const dueAt = await nextDueAt(ctx, queue);
    if (dueAt !== null && dueAt <= now) return false;
    const isScheduled = row.wakeAt !== undefined && row.wakeAt > now && dueAt !== null && row.wakeAt <= dueAt;
    if (dueAt !== null && !isScheduled) {
      await ctx.scheduler.runAt(dueAt, internal.dispatcher.wake, { queue });
    }
    const wakeAt = isScheduled ? row.wakeAt : (dueAt ?? undefined);
    await ctx.db.patch("dispatchers", row._id, { leaseExpiresAt: 0, wakeAt });
    return true;
  },
});

async function nextDueAt(ctx: QueryCtx, queue: Queue): Promise<number | null> {
  const next =
    queue === "runs"
      ? await ctx.db
          .query("runs")
          .withIndex("by_status_and_dueAt", (q) => q.eq("status", "queued"))
          .first()
      : await ctx.db
          .query("webhookDeliveries")
          .withIndex("by_status_and_dueAt", (q) => q.eq("status", "pending"))
          .first();
  return next?.dueAt ?? null;
}

/** Gives the queue to a fresh dispatcher; the old one finishes what it has. */
export const handOver = internalMutation({
  args: vTurn,
  returns: v.null(),
  handler: async (ctx, { queue, generation }) => {
    const row = await inCharge(ctx, queue, generation);
    if (row) await begin(ctx, queue, row);
    return null;
  },
});

/** Starts the queue's dispatcher if something is due and none is at work. */
export const wake = internalMutation({
  args: { queue: vQueue },
  returns: v.null(),
  handler: async (ctx, { queue }) => {
    const dueAt = await nextDueAt(ctx, queue);
    if (dueAt !== null && dueAt <= Date.now()) {
      await wakeDispatcher(ctx, queue);
    }
    return null;
  },
});

/** Comes when the dispatcher's lease would end: a dead one is replaced then, and not when the cron comes round. */
export const watch = internalMutation({
  args: { queue: vQueue },
  returns: v.null(),
  handler: async (ctx, { queue }) => {
    const row = await rowOf(ctx, queue);
    if (!row || row.leaseExpiresAt === 0) return null; // It sleeps.
    if (row.leaseExpiresAt > Date.now()) {
      const watchAt = row.leaseExpiresAt;
      await ctx.db.patch("dispatchers", row._id, { watchAt });
      await ctx.scheduler.runAt(watchAt, internal.dispatcher.watch, { queue });
    } else {
      await ctx.runMutation(internal.dispatcher.tend, {});
    }
    return null;
  },
});

/** What watch and the cron do about workers that died by `now`: their claims go back to the queue, and a dispatcher starts. */
export const tend = internalMutation({
  args: { now: v.optional(v.number()) },
  returns: v.null(),
  handler: async (ctx, args) => {
    const now = args.now ?? Date.now();
    await ctx.runMutation(internal.runs.requeueAbandoned, { now });
    await ctx.runMutation(internal.deliveries.requeueAbandoned, { now });
    for (const queue of ["runs", "deliveries"] as const) {
      const row = await rowOf(ctx, queue);
      if ((row === null || row.leaseExpiresAt <= now) && (await nextDueAt(ctx, queue)) !== null) {
        await begin(ctx, queue, row);
      }
    }
    return null;
  },
});
