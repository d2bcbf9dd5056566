import { calculateRateLimit } from "@convex-dev/rate-limiter";
import { type Infer, v } from "convex/values";
import type { Refusal } from "./decision";
import type { Limits } from "./validators";
import { monthStart, nextMonthStart } from "./windows";

const MINUTE_MS = 60_000;

/** What a key has used of its limits: money spent and promised this month, its token bucket, requests in flight. */
export const vKeyMeter = v.object({
  month: v.object({
    startsAt: v.number(), // UTC
    settledNanoUsd: v.number(),
    reservedNanoUsd: v.number(),
  }),
  rate: v.object({ value: v.number(), ts: v.number() }), // tokens left at `ts`, as calculateRateLimit keeps them
  running: v.number(),
});
export type KeyMeter = Infer<typeof vKeyMeter>;

/** Whether a key needs a meter at all; one without limits costs no extra document. */
export function isMetered(limits: Limits): boolean {
  const { requestsPerMinute, concurrentRequests, monthlyBudgetNanoUsd } = limits;
  return [requestsPerMinute, concurrentRequests, monthlyBudgetNanoUsd].some((limit) => limit !== undefined);
}

export function newMeter(limits: Limits, now: number): KeyMeter {
  return {
    month: { startsAt: monthStart(now), settledNanoUsd: 0, reservedNanoUsd: 0 },
    rate: { value: limits.requestsPerMinute ?? 0, ts: now },
    running: 0,
  };
}

/**
 * Takes one of the requests per minute and, with a worst case, a slot and that much money: all or nothing.
 * In a month that the meter does not know yet, the money starts from zero.
 */
export function chargeMeter(
  meter: KeyMeter,
  limits: Limits,
  { now, worstCaseNanoUsd }: { now: number; worstCaseNanoUsd: number | null },
): KeyMeter | Refusal {
  const rate = takeRate(meter, limits, now);
  if ("reason" in rate || worstCaseNanoUsd === null) {
    return "reason" in rate ? rate : { ...meter, rate };
  }
  const { concurrentRequests, monthlyBudgetNanoUsd: budgetNanoUsd } = limits;
  if (concurrentRequests !== undefined && meter.running >= concurrentRequests) {
    return { reason: "concurrencyLimited", concurrentRequests };
  }
  const startsAt = monthStart(now);
  const month =
    meter.month.startsAt === startsAt ? meter.month : { startsAt, settledNanoUsd: 0, reservedNanoUsd: 0 };
  const { settledNanoUsd, reservedNanoUsd } = month;
  if (budgetNanoUsd !== undefined && settledNanoUsd + worstCaseNanoUsd > budgetNanoUsd) {
    return {
      reason: "budgetSpent",
      budgetNanoUsd,
      settledNanoUsd,
      worstCaseNanoUsd,
      resetsAt: nextMonthStart(now),
    };
  }
  if (budgetNanoUsd !== undefined && settledNanoUsd + reservedNanoUsd + worstCaseNanoUsd > budgetNanoUsd) {
    return { reason: "budgetReserved", budgetNanoUsd, reservedNanoUsd };
  }
  return {
    month: { ...month, reservedNanoUsd: reservedNanoUsd + worstCaseNanoUsd },
    rate,
    running: meter.running + 1,
  };
}

function takeRate(
  { rate }: KeyMeter,
  { requestsPerMinute }: Limits,
  now: number,
): KeyMeter["rate"] | Refusal {
  if (requestsPerMinute === undefined) {
    return rate;
  }
  const config = { kind: "token bucket" as const, rate: requestsPerMinute, period: MINUTE_MS };
  const { value, ts, retryAfter } = calculateRateLimit(rate, config, now, 1);
  return retryAfter === undefined
    ? { value, ts }
    : { reason: "rateLimited", requestsPerMinute, retryAfterMs: Math.ceil(retryAfter) };
}

/** Gives the slot back and trues the money up. A request belongs to the month of its admit, which may be over. */
export function settleMeter(
  meter: KeyMeter,
  request: { monthStartsAt: number; reservedNanoUsd: number; costNanoUsd: number },
): KeyMeter {
  const { month } = meter;
  const running = meter.running - 1;
  if (month.startsAt !== request.monthStartsAt) {
    return { ...meter, running };
  }
  return {
    ...meter,
    month: {
      startsAt: month.startsAt,
      settledNanoUsd: month.settledNanoUsd + request.costNanoUsd,
      reservedNanoUsd: month.reservedNanoUsd - request.reservedNanoUsd,
    },
    running,
  };
}
