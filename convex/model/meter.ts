import { type Infer, v } from "convex/values";
import { BUDGET_OF, BUDGET_WINDOWS, type MeterLimits, PER_MINUTE_OF, RATES } from "./limits";
import { refilled, vBucket } from "./tokenBucket";
import { type BudgetWindow, dayStart, monthStart } from "./windows";

/** Shares of a budget whose crossing is announced. */
export const ALERT_PERCENTS = [50, 80, 100] as const;

/** Money of one window. Shards of one scope lend each other room by moving `settled`, so it may be negative in one. */
export const vSpend = v.object({
  settledNanoUsd: v.number(),
  reservedNanoUsd: v.number(),
  /** The spend at which somebody is told. Absent: no budget, or nothing left to tell. */
  alertAtNanoUsd: v.optional(v.number()),
});
export type Spend = Infer<typeof vSpend>;

/** What a key, a member or the gateway has used of its limits, or one shard's part of it. */
export const vMeter = v.object({
  /** The day (UTC) of `day`; its month is that of `month`. Only moves forward, whatever the clock does. */
  dayStartsAt: v.number(),
  day: vSpend,
  month: vSpend,
  total: vSpend,
  requests: v.optional(vBucket),
  inputTokens: v.optional(vBucket),
  outputTokens: v.optional(vBucket),
  running: v.number(),
});
export type Meter = Infer<typeof vMeter>;

/** What an admitted request holds of a meter until it is settled. */
export interface Hold {
  isDetached?: boolean;
  /** The instant that chose its windows: that of its admit, or later where the clock went back. */
  at: number;
  nanoUsd: number;
}

export type Spent = Record<BudgetWindow, number>;

/** A meter that starts with what was spent before it existed. */
export function newMeter(now: number, spent: Spent = { day: 0, month: 0, total: 0 }): Meter {
  const spend = (settledNanoUsd: number): Spend => ({ settledNanoUsd, reservedNanoUsd: 0 });
  return {
    dayStartsAt: dayStart(now),
    day: spend(spent.day),
    month: spend(spent.month),
    total: spend(spent.total),
    running: 0,
  };
}

/** A copy of the meter as of now under these limits: windows that are over start from zero, buckets are refilled. */
export function openedMeter(meter: Meter, limits: MeterLimits, now: number): Meter {
  const dayStartsAt = Math.max(meter.dayStartsAt, dayStart(now));
  const isSameDay = dayStartsAt === meter.dayStartsAt;
  const isSameMonth = isSameDay || monthStart(dayStartsAt) === monthStart(meter.dayStartsAt);
  const opened: Meter = {
    dayStartsAt,
    day: openedSpend(isSameDay ? meter.day : NOTHING_SPENT, limits, "day"),
    month: openedSpend(isSameMonth ? meter.month : NOTHING_SPENT, limits, "month"),
    total: openedSpend(meter.total, limits, "total"),
    running: meter.running,
  };
  for (const rate of RATES) {
    const perMinute = limits[PER_MINUTE_OF[rate]];
    if (perMinute !== undefined) opened[rate] = refilled(meter[rate], perMinute, now);
  }
  return opened;
}

const NOTHING_SPENT: Readonly<Spend> = { settledNanoUsd: 0, reservedNanoUsd: 0 };

function openedSpend(
  { settledNanoUsd, reservedNanoUsd }: Spend,
  limits: MeterLimits,
  window: BudgetWindow,
): Spend {
  const budget = limits[BUDGET_OF[window]];
  const alertAtNanoUsd = budget === undefined ? undefined : nextAlert(budget, settledNanoUsd);
  return { settledNanoUsd, reservedNanoUsd, alertAtNanoUsd };
}

/** The lowest share of a budget worth telling about that is not reached yet. */
function nextAlert(budgetNanoUsd: number, settledNanoUsd: number): number | undefined {
  return ALERT_PERCENTS.map((percent) => Math.ceil((budgetNanoUsd * percent) / 100)).find(
    (amount) => amount > settledNanoUsd,
  );
}

/** The instant by which a hold taken now belongs to the meter's windows. */
export function holdInstant(meter: Meter, now: number): number {
  return Math.max(now, meter.dayStartsAt);
}

/** What a request turned out to use. */
export interface ActualUse {
  now: number;
  costNanoUsd: number;
  inputTokens: number;
  outputTokens: number;
}

/**
 * Gives the slot back, replaces the reservation by the cost and charges the tokens, into debt if need be. Money goes to
 * the windows of the hold; those that are over keep what they were. Names the windows that reached their alert.
 */
export function settledMeter(
  meter: Meter,
  hold: Hold,
  use: ActualUse,
): { meter: Meter; alerts: BudgetWindow[] } {
  const settled: Meter = { ...meter, running: meter.running - (hold.isDetached ? 0 : 1) };
  const alerts: BudgetWindow[] = [];
  for (const window of BUDGET_WINDOWS) {
    if (!isOpen(meter, window, hold.at)) continue;
    const spend = {
      ...meter[window],
      settledNanoUsd: meter[window].settledNanoUsd + use.costNanoUsd,
      reservedNanoUsd: meter[window].reservedNanoUsd - hold.nanoUsd,
    };
    settled[window] = spend;
    if (spend.alertAtNanoUsd !== undefined && spend.settledNanoUsd >= spend.alertAtNanoUsd) {
      alerts.push(window);
    }
  }
  for (const rate of ["inputTokens", "outputTokens"] as const) {
    const bucket = meter[rate];
    if (bucket === undefined || hold.isDetached) continue;
    const full = refilled(bucket, bucket.perMinute, use.now);
    settled[rate] = { ...full, value: full.value - use[rate] };
  }
  return { meter: settled, alerts };
}

/** Whether an instant belongs to the window that the meter counts. */
export function isOpen({ dayStartsAt }: Meter, window: BudgetWindow, at: number): boolean {
  if (window === "total") return true;
  return window === "day" ? dayStart(at) === dayStartsAt : monthStart(at) === monthStart(dayStartsAt);
}
