import { type Infer, v } from "convex/values";
import type { QueryCtx } from "./_generated/server";
import type { MeteredScope } from "./meteredScopes";
import { BUDGET_OF, BUDGET_WINDOWS, shareOf } from "./model/limits";
import { type Meter, openedMeter } from "./model/meter";
import { windowEnd } from "./model/windows";

/** What of its limits somebody uses now: money of each window that has a budget, and requests that run. */
export const vLimitUsage = v.object({
  windows: v.array(
    v.object({
      window: v.union(v.literal("day"), v.literal("month"), v.literal("total")),
      budgetNanoUsd: v.number(),
      settledNanoUsd: v.number(),
      reservedNanoUsd: v.number(),
      resetsAt: v.union(v.null(), v.number()),
    }),
  ),
  /** Null: nobody counts them, because there is no limit. */
  running: v.union(v.null(), v.number()),
});
export type LimitUsage = Infer<typeof vLimitUsage>;

/** The sums over all shards of a scope; nothing for somebody without limits. */
export async function readLimitUsage(ctx: QueryCtx, [scope]: MeteredScope[]): Promise<LimitUsage> {
  if (!scope) return { windows: [], running: null };
  const { limits, meterIds } = scope;
  const now = Date.now();
  const meters: Meter[] = [];
  for (const [index, meterId] of meterIds.entries()) {
    const meter = await ctx.db.get("meters", meterId);
    if (meter) meters.push(openedMeter(meter, shareOf(limits, index, meterIds.length), now));
  }
  const sum = (amount: (meter: Meter) => number) => meters.reduce((total, meter) => total + amount(meter), 0);
  const windows = BUDGET_WINDOWS.flatMap((window) => {
    const budgetNanoUsd = limits[BUDGET_OF[window]];
    if (budgetNanoUsd === undefined) return [];
    return {
      window,
      budgetNanoUsd,
      settledNanoUsd: sum((meter) => meter[window].settledNanoUsd),
      reservedNanoUsd: sum((meter) => meter[window].reservedNanoUsd),
      resetsAt: windowEnd(window, now),
    };
  });
  return { windows, running: sum(({ running }) => running) };
}
