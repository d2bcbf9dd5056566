import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import { ConvexError, type Infer, v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import { mutation, type QueryCtx, query } from "./_generated/server";
import { redeliver } from "./deliveries";
import { requireMember } from "./members";
import { vDeliveryStatus, vMessageType } from "./model/webhookValidators";

const ATTEMPTS_SHOWN_MAX = 100;
const DELIVERIES_OF_RUN_MAX = 50;

export const vAttempt = v.object({
  at: v.number(),
  status: v.union(v.null(), v.number()),
  latencyMs: v.number(),
  responseText: v.string(),
  error: v.union(v.null(), v.string()),
});

export const vLoggedDelivery = v.object({
  deliveryId: v.id("webhookDeliveries"),
  messageId: v.string(),
  type: vMessageType,
  runId: v.union(v.null(), v.string()),
  /** The destination's name, or the URL of a job's callback. */
  to: v.string(),
  status: vDeliveryStatus,
  attempts: v.number(),
  createdAt: v.number(),
  /** When the next attempt is due, or when the delivery ended. */
  dueAt: v.number(),
  lastStatus: v.union(v.null(), v.number()),
  lastError: v.union(v.null(), v.string()),
});

/** Deliveries, newest first; to one destination or to all. */
export const list = query({
  args: {
    paginationOpts: paginationOptsValidator,
    destinationId: v.optional(v.id("destinations")),
    status: v.optional(vDeliveryStatus),
  },
  returns: paginationResultValidator(vLoggedDelivery),
  handler: async (ctx, { paginationOpts, destinationId, status }) => {
    await requireMember(ctx, "admin");
    const rows = deliveriesTo(ctx, destinationId, status);
    const result = await rows.order("desc").paginate(paginationOpts);
    return { ...result, page: await Promise.all(result.page.map((row) => describeDelivery(ctx, row))) };
  },
});

/** In one state they come in the order of their ends or next attempts, else of their creation. */
function deliveriesTo(
  ctx: QueryCtx,
  destinationId: Id<"destinations"> | undefined,
  status: Doc<"webhookDeliveries">["status"] | undefined,
) {
  const rows = ctx.db.query("webhookDeliveries");
  if (status !== undefined) {
    return destinationId === undefined
      ? rows.withIndex("by_status_and_dueAt", (q) => q.eq("status", status))
      : rows.withIndex("by_status_and_lane_and_dueAt", (q) =>
          q.eq("status", status).eq("lane", destinationId),
        );
  }
  return destinationId === undefined
    ? rows.withIndex("by_createdAt")
    : rows.withIndex("by_destinationId_and_createdAt", (q) => q.eq("destinationId", destinationId));
}

/** Every attempt of a delivery, oldest first. */
export const attempts = query({
  args: { deliveryId: v.id("webhookDeliveries") },
  returns: v.array(vAttempt),
  handler: async (ctx, { deliveryId }) => {
    await requireMember(ctx, "admin");
    return await attemptsOf(ctx, deliveryId);
  },
});

export async function attemptsOf(
  ctx: QueryCtx,
  deliveryId: Id<"webhookDeliveries">,
): Promise<Infer<typeof vAttempt>[]> {
  const rows = await ctx.db
    .query("deliveryAttempts")
    .withIndex("by_deliveryId", (q) => q.eq("deliveryId", deliveryId))
    .take(ATTEMPTS_SHOWN_MAX);
  return rows.map(({ at, status, latencyMs, responseText, error }) => ({
    ...{ at, latencyMs, responseText },
    status: status ?? null,
    error: error ?? null,
  }));
}

/** Sends a delivery again, under the same message id. Throws ConvexError while it is on its way. */
export const redeliverNow = mutation({
  args: { deliveryId: v.id("webhookDeliveries") },
  returns: v.null(),
  handler: async (ctx, { deliveryId }) => {
    await requireMember(ctx, "admin");
    if (await redeliver(ctx, deliveryId)) return null;
    throw new ConvexError({
      code: "sending",
      message: "This delivery does not exist or is on its way right now.",
    });
  },
});

/** Where a run's messages went. */
export async function deliveriesOfRun(
  ctx: QueryCtx,
  runId: string,
): Promise<Infer<typeof vLoggedDelivery>[]> {
  const rows = await ctx.db
    .query("webhookDeliveries")
    .withIndex("by_runId", (q) => q.eq("runId", runId))
    .take(DELIVERIES_OF_RUN_MAX);
  return await Promise.all(rows.map((row) => describeDelivery(ctx, row)));
}

async function describeDelivery(
  ctx: QueryCtx,
  row: Doc<"webhookDeliveries">,
): Promise<Infer<typeof vLoggedDelivery>> {
  const { _id: deliveryId, messageId, type, status, attempts, createdAt, dueAt } = row;
  const destination = row.destinationId ? await ctx.db.get("destinations", row.destinationId) : null;
  return {
    ...{ deliveryId, messageId, type, status, attempts, createdAt, dueAt },
    runId: row.runId ?? null,
    to: row.callback?.url ?? destination?.name ?? "(removed)",
    lastStatus: row.lastStatus ?? null,
    lastError: row.lastError ?? null,
  };
}
