import { BUDGET_OF, BUDGET_WINDOWS, type MeterLimits, shareOf } from "./limits";
import { type Meter, openedMeter } from "./meter";

/**
 * The meters of one scope with the same sums, but with what is left spread evenly: after it no shard has room while all
 * of them together have none. For changed limits, and for usage beyond a reservation.
 */
export function rebalancedMeters(meters: readonly Meter[], limits: MeterLimits, now: number): Meter[] {
  const count = meters.length;
  const shares = meters.map((_, index) => shareOf(limits, index, count));
  const opened = meters.map((meter, index) => openedMeter(meter, shares[index] ?? {}, now));
  for (const window of BUDGET_WINDOWS) {
    const budget = limits[BUDGET_OF[window]];
    if (budget === undefined) continue;
    const used = opened.map((meter) => meter[window].settledNanoUsd + meter[window].reservedNanoUsd);
    const rooms = split(budget - sum(used), count);
    for (const [index, meter] of opened.entries()) {
      const share = shares[index]?.[BUDGET_OF[window]] ?? 0;
      meter[window].settledNanoUsd = share - meter[window].reservedNanoUsd - (rooms[index] ?? 0);
    }
  }
  if (limits.concurrentRequests !== undefined) {
    const rooms = split(limits.concurrentRequests - sum(opened.map(({ running }) => running)), count);
    for (const [index, meter] of opened.entries()) {
      meter.running = (shares[index]?.concurrentRequests ?? 0) - (rooms[index] ?? 0);
    }
  }
  return opened;
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

/** Whole numbers that add up to the total and differ by at most one. */
function split(total: number, count: number): number[] {
  const rest = ((total % count) + count) % count;
  return Array.from({ length: count }, (_, index) => (total - rest) / count + (index < rest ? 1 : 0));
}
