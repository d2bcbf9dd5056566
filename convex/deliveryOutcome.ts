import type { Doc } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { announce } from "./announce";
import { afterAttempt, hasFailedTooLong } from "./model/deliverySchedule";

export interface AttemptOutcome {
  /** Null: there was no answer; `error` says why. */
  status: number | null;
  retryAfterMs: number | null;
  latencyMs: number;
  responseText: string;
  error: string | null;
}

/** Logs an attempt, moves its delivery on, and keeps the destination's health. */
export async function recordOutcome(
  ctx: MutationCtx,
  delivery: Doc<"webhookDeliveries">,
  outcome: AttemptOutcome,
): Promise<void> {
  const now = Date.now();
  const attempts = delivery.attempts + 1;
  await ctx.db.insert("deliveryAttempts", {
    deliveryId: delivery._id,
    at: now - outcome.latencyMs,
    latencyMs: outcome.latencyMs,
    responseText: outcome.responseText,
    ...(outcome.status !== null && { status: outcome.status }),
    ...(outcome.error !== null && { error: outcome.error }),
  });
  const next = afterAttempt(attempts, outcome, { now, random: Math.random() });
  const status = next.kind === "retry" ? "pending" : next.kind === "delivered" ? "delivered" : "failed";
  await ctx.db.patch("webhookDeliveries", delivery._id, {
    status,
    dueAt: next.kind === "retry" ? next.dueAt : now,
    attempts,
    lastStatus: outcome.status ?? undefined,
    lastError: outcome.error ?? undefined,
  });
  const destination = delivery.destinationId && (await ctx.db.get("destinations", delivery.destinationId));
  if (!destination) return;
  if (next.kind === "delivered") {
    if (destination.failingSince !== undefined) {
      await ctx.db.patch("destinations", destination._id, { failingSince: undefined });
    }
  } else {
    await recordFailure(ctx, destination, { isGone: next.kind === "gone", now });
  }
}

/** Written only when something changes: many deliveries may fail at once. */
async function recordFailure(
  ctx: MutationCtx,
  destination: Doc<"destinations">,
  { isGone, now }: { isGone: boolean; now: number },
): Promise<void> {
  if (destination.disabledAt !== undefined) return;
  const failingSince = destination.failingSince ?? now;
  if (isGone) {
    await disableDestination(ctx, destination, "The receiver answered 410 Gone.");
  } else if (hasFailedTooLong(failingSince, now)) {
    await disableDestination(ctx, destination, "Every delivery failed for 5 days.");
  } else if (destination.failingSince === undefined) {
    await ctx.db.patch("destinations", destination._id, { failingSince });
  }
}

/** Stops a destination until a person enables it; what waits for it is canceled. */
export async function disableDestination(
  ctx: MutationCtx,
  { _id: destinationId, name, url }: Doc<"destinations">,
  reason: string,
): Promise<void> {
  const now = Date.now();
  await ctx.db.patch("destinations", destinationId, { disabledAt: now, disabledBecause: reason });
  await cancelPending(ctx, destinationId, reason);
  await announce(ctx, "webhook.disabled", {
    destination: { id: destinationId, name, url },
    reason,
    disabled_at: new Date(now).toISOString(),
  });
}

async function cancelPending(ctx: MutationCtx, lane: string, lastError: string): Promise<void> {
  const pending = ctx.db
    .query("webhookDeliveries")
    .withIndex("by_status_and_lane_and_dueAt", (q) => q.eq("status", "pending").eq("lane", lane));
  for (const { _id } of await pending.take(CANCELED_AT_ONCE)) {
    await ctx.db.patch("webhookDeliveries", _id, { status: "canceled", dueAt: Date.now(), lastError });
  }
}

const CANCELED_AT_ONCE = 1_000;
