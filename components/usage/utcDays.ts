export const DAY_MS = 86_400_000;

/** Start of the UTC day of an instant. Budgets and roll-ups count in UTC, so the usage page does too. */
export function utcDayStart(at: number): number {
  return at - (at % DAY_MS);
}

/** Start of the UTC month of an instant. */
export function utcMonthStart(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

type Day = { dayAt: number; requests: number; errors: number; costNanoUsd: number };

/** The last `count` days up to today, oldest first; days without requests are zero. */
export function fillDays(days: ReadonlyArray<Day>, todayStartsAt: number, count: number): Day[] {
  const known = new Map(days.map((day) => [utcDayStart(day.dayAt), day]));
  return Array.from({ length: count }, (_, index) => {
    const dayAt = todayStartsAt - (count - 1 - index) * DAY_MS;
    return known.get(dayAt) ?? { dayAt, requests: 0, errors: 0, costNanoUsd: 0 };
  });
}
