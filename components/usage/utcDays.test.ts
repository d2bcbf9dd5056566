import { expect, it } from "vitest";
import { DAY_MS, fillDays, utcDayStart, utcMonthStart } from "./utcDays";

it("finds the start of the UTC day and month", () => {
  const at = Date.UTC(2026, 10, 23, 17, 4, 5);
  expect(utcDayStart(at)).toBe(Date.UTC(2026, 10, 23));
  expect(utcMonthStart(at)).toBe(Date.UTC(2026, 10, 1));
});

it("shows days without requests as zero, in order, today last", () => {
  const today = Date.UTC(2026, 10, 23);
  const spent = { dayAt: today - DAY_MS, requests: 3, errors: 1, costNanoUsd: 7 };
  expect(fillDays([spent], today, 3)).toEqual([
    { dayAt: today - 2 * DAY_MS, requests: 0, errors: 0, costNanoUsd: 0 },
    spent,
    { dayAt: today, requests: 0, errors: 0, costNanoUsd: 0 },
  ]);
});
