import { describe, expect, test } from "vitest";
import type { CronSchedule } from "../host/deployment.ts";
import { nextRun } from "./nextRun.ts";

const now = Date.UTC(2026, 0, 30, 10, 30, 15);
const next = (schedule: CronSchedule, from = now) => new Date(nextRun(schedule, from)).toISOString();

describe("nextRun", () => {
  test.each<[CronSchedule, string]>([
    [{ type: "hourly", minuteUTC: 15 }, "2026-01-30T11:15:00.000Z"],
    [{ type: "daily", hourUTC: 9 }, "2026-01-31T09:00:00.000Z"],
    [{ type: "weekly", dayOfWeek: "monday", hourUTC: 1, minuteUTC: 2 }, "2026-02-02T01:02:00.000Z"],
    [{ type: "monthly", day: 31, hourUTC: 0 }, "2026-01-31T00:00:00.000Z"],
    [{ type: "cron", cron: "*/20 * * * *" }, "2026-01-30T10:40:00.000Z"],
    [{ type: "cron", cron: "0 0 29 2 *" }, "2028-02-29T00:00:00.000Z"],
    [{ type: "cron", cron: "0 12 1 * fri" }, "2026-01-30T12:00:00.000Z"],
    [{ type: "cron", cron: "5-10/5 8 * jan-feb 1-5" }, "2026-02-02T08:05:00.000Z"],
  ])("of %j", (schedule, expected) => {
    expect(next(schedule)).toBe(expected);
  });

  test("an interval keeps its phase and skips what was missed", () => {
    expect(nextRun({ type: "interval", minutes: 10 }, now, now - 25 * 60_000)).toBe(now + 5 * 60_000);
  });

  test("refuses expressions that are not valid or never match", () => {
    for (const cron of ["* * * *", "61 * * * *", "x * * * *", "0 0 31 2 *"]) {
      expect(() => next({ type: "cron", cron })).toThrow();
    }
  });
});
