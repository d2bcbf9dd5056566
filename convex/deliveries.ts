import { type Infer, v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import { internalMutation, internalQuery, type MutationCtx } from "./_generated/server";
import { recordOutcome } from "./deliveryOutcome";
import { inCharge, renewDispatcher, wakeDispatcher } from "./dispatcher";
import { DELIVERIES_AT_ONCE } from "./model/deliverySchedule";
import { takeFromLanes } from "./model/laneRound";
import { vSealedSecret } from "./model/webhookValidators";
import { readText } from "./textParts";

/** Deliveries on their way to one destination at once; a failing one gets one connection. */
const TO_ONE_DESTINATION_AT_ONCE = 10;
const TO_FAILING_DESTINATION_AT_ONCE = 1;
/** An attempt takes 17 s at most; whoever claims holds a lease that is longer. */
const CLAIM_MS = 25_000;

const vClaim = v.object({ id: v.id("webhookDeliveries"), claims: v.number() });
export type DeliveryClaim = Infer<typeof vClaim>;

export const claim = internalMutation({
  args: { generation: v.number(), room: v.number(), after: v.string() },
  returns: v.object({ items: v.array(vClaim), after: v.string(), isSuperseded: v.boolean() }),
  handler: async (ctx, { generation, room, after }) => {
    if (!(await inCharge(ctx, "deliveries", generation))) return { items: [], after, isSuperseded: true };
    const sending = await ctx.db
      .query("webhookDeliveries")
      .withIndex("by_status_and_lane_and_dueAt", (q) => q.eq("status", "sending"))
      .take(DELIVERIES_AT_ONCE);
    const now = Date.now();
    const taken = await takeFromLanes(
      {
        nextAfter: async (lane) => (await firstPendingAfter(ctx, lane))?.lane ?? null,
        take: async (lane, count) => {
          const busy = sending.filter((delivery) => delivery.lane === lane).length;
          return await duePending(ctx, lane, {
            count: Math.min(count, (await atOnceOf(ctx, lane)) - busy),
            now,
          });
        },
      },
      Math.min(room, DELIVERIES_AT_ONCE - sending.length),
      after,
    );
    const items: DeliveryClaim[] = [];
    for (const { _id: id, claims } of taken.items) {
      await ctx.db.patch("webhookDeliveries", id, {
        status: "sending",
        dueAt: now + CLAIM_MS,
        claims: claims + 1,
      });
      items.push({ id, claims: claims + 1 });
    }
    return { items, after: taken.after, isSuperseded: false };
  },
});

async function firstPendingAfter(ctx: MutationCtx, lane: string): Promise<Doc<"webhookDeliveries"> | null> {
  return await ctx.db
    .query("webhookDeliveries")
    .withIndex("by_status_and_lane_and_dueAt", (q) => q.eq("status", "pending").gt("lane", lane))
    .first();
}

async function duePending(
  ctx: MutationCtx,
  lane: string,
  { count, now }: { count: number; now: number },
): Promise<Doc<"webhookDeliveries">[]> {
  if (count <= 0) return [];
  return await ctx.db
    .query("webhookDeliveries")
    .withIndex("by_status_and_lane_and_dueAt", (q) =>
      q.eq("status", "pending").eq("lane", lane).lte("dueAt", now),
    )
    .take(count);
}

async function atOnceOf(ctx: MutationCtx, lane: string): Promise<number> {
  const destinationId = ctx.db.normalizeId("destinations", lane);
  const destination = destinationId && (await ctx.db.get("destinations", destinationId));
  return destination?.failingSince === undefined
    ? TO_ONE_DESTINATION_AT_ONCE
    : TO_FAILING_DESTINATION_AT_ONCE;
}

const vLoaded = v.object({ url: v.string(), messageId: v.string(), body: v.string(), secret: vSealedSecret });
export type LoadedDelivery = Infer<typeof vLoaded>;

/** What a claimed delivery sends and where; null when the claim is not the caller's own any more. */
export const load = internalQuery({
  args: { id: v.id("webhookDeliveries"), claims: v.number() },
  returns: v.union(v.null(), vLoaded),
  handler: async (ctx, { id, claims }): Promise<LoadedDelivery | null> => {
    const delivery = await ctx.db.get("webhookDeliveries", id);
    if (delivery?.status !== "sending" || delivery.claims !== claims) return null;
    const body = await readText(ctx, delivery.messageId);
    const { callback, destinationId, messageId } = delivery;
    const destination = destinationId && (await ctx.db.get("destinations", destinationId));
    if (body === null) throw new Error(`load: the body of ${messageId} is gone`);
    if (callback) return { url: callback.url, messageId, body, secret: { current: callback.sealedSecret } };
    return destination ? { url: destination.url, messageId, body, secret: destination.secret } : null;
  },
});

/** Logs an attempt and decides what follows: delivered, the next attempt, or the end. */
export const record = internalMutation({
  args: {
    id: v.id("webhookDeliveries"),
    claims: v.number(),
    result: v.object({
      status: v.union(v.null(), v.number()),
      retryAfterMs: v.union(v.null(), v.number()),
      latencyMs: v.number(),
      responseText: v.string(),
      error: v.union(v.null(), v.string()),
    }),
  },
  returns: v.null(),
  handler: async (ctx, { id, claims, result }) => {
    const delivery = await ctx.db.get("webhookDeliveries", id);
    if (delivery?.status === "sending" && delivery.claims === claims)
      await recordOutcome(ctx, delivery, result);
    return null;
  },
});

/** Keeps the dispatcher's lease. */
export const renew = internalMutation({
  args: { generation: v.number() },
  returns: v.null(),
  handler: async (ctx, { generation }) => {
    await renewDispatcher(ctx, "deliveries", generation);
    return null;
  },
});

/** Deliveries whose worker died: sent or not, they are sent again under the same id. */
export const requeueAbandoned = internalMutation({
  args: { now: v.number() },
  returns: v.null(),
  handler: async (ctx, { now }) => {
    const abandoned = await ctx.db
      .query("webhookDeliveries")
      .withIndex("by_status_and_dueAt", (q) => q.eq("status", "sending").lte("dueAt", now))
      .take(DELIVERIES_AT_ONCE);
    for (const { _id } of abandoned) {
      await ctx.db.patch("webhookDeliveries", _id, { status: "pending", dueAt: Date.now() });
    }
    return null;
  },
});

/** Queues a delivery again under the same id, with the whole schedule before it. False: it is under way already. */
export async function redeliver(ctx: MutationCtx, id: Id<"webhookDeliveries">): Promise<boolean> {
  const delivery = await ctx.db.get("webhookDeliveries", id);
  if (!delivery || delivery.status === "sending") return false;
  await ctx.db.patch("webhookDeliveries", id, { status: "pending", dueAt: Date.now(), attempts: 0 });
  await wakeDispatcher(ctx, "deliveries");
  return true;
}
