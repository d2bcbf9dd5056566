import type { QueryCtx } from "./_generated/server";
import { env } from "./_generated/server";
import { firstOf } from "./model/firstOf";

/** Below the 64 HTTP actions that Convex's smallest class runs at once: the rest is for answers that say no. */
const CONCURRENT_REQUESTS_DEFAULT = 56;
const PROBES = 3;
/** Of rows that run without taking a place. */
export const NO_SLOT = -1;

/** How many requests the gateway runs at once: what the deployment can, or less if an owner said so. */
export function slotCount(limit: number | undefined): number {
  const configured = Number(env.GATEWAY_CONCURRENT_REQUESTS);
  const capacity =
    Number.isSafeInteger(configured) && configured > 0 ? configured : CONCURRENT_REQUESTS_DEFAULT;
  return Math.min(capacity, limit ?? capacity);
}

/**
 * A slot that no running request has, for the caller's row; null when all are taken. A slot is a field of the row
 * itself, so nothing is counted: two requests conflict only when they draw the same number at the same moment.
 */
export async function findSlot(ctx: QueryCtx, count: number): Promise<number | null> {
  for (let probe = 0; probe < PROBES; probe++) {
    const slot = Math.floor(Math.random() * count);
    const holder = await firstOf(ctx.db.query("requests").withIndex("by_slot", (q) => q.eq("slot", slot)));
    if (holder === null) return slot;
  }
  const taken = new Set<number>();
  const rows = ctx.db.query("requests").withIndex("by_slot", (q) => q.gte("slot", 0).lt("slot", count));
  for await (const { slot } of rows) taken.add(slot ?? -1);
  const free = Array.from({ length: count }, (_, slot) => slot).filter((slot) => !taken.has(slot));
  return free[Math.floor(Math.random() * free.length)] ?? null;
}

/** The rows of all requests that run, batches included. */
export function runningRequests(ctx: QueryCtx) {
  return ctx.db.query("requests").withIndex("by_slot", (q) => q.gte("slot", NO_SLOT));
}
