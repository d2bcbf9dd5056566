const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Start of the hour (UTC) that holds an instant. */
export function hourStart(at: number): number {
  return at - (((at % HOUR_MS) + HOUR_MS) % HOUR_MS);
}

/** Start of the day (UTC) that holds an instant. */
export function dayStart(at: number): number {
  return at - (((at % DAY_MS) + DAY_MS) % DAY_MS);
}

/** Start of the month (UTC) that holds an instant. */
export function monthStart(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** What a budget counts: spend of a day or a month (UTC), or of all time. */
export type BudgetWindow = "day" | "month" | "total";

/** Start of the window that holds an instant; everything ever spent starts at 0. */
export function windowStart(window: BudgetWindow, at: number): number {
  if (window === "total") return 0;
  return window === "day" ? dayStart(at) : monthStart(at);
}

/** When the window that holds an instant is over; null for the one that never is. */
export function windowEnd(window: BudgetWindow, at: number): number | null {
  if (window === "total") return null;
  if (window === "day") return dayStart(at) + DAY_MS;
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
