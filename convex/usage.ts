import { v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { query } from "./_generated/server";
import { requireMember } from "./members";
import { groupBy, sumUsage, type UsageDay, type UsageSum, vUsageDay, vUsageSum } from "./model/sumUsage";

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS_SHOWN_MIN = 30;
/** Below Convex's limits of 32,000 documents and 16 MiB a query; the newest hours count first. */
const HOURS_READ_MAX = 20_000;

/** Spend, requests and errors of today, of the month and by day: everybody's for owners, admins and viewers. */
export const summary = query({
  args: { todayStartsAt: v.number(), monthStartsAt: v.number() },
  returns: v.object({ today: vUsageSum, month: vUsageSum, days: v.array(vUsageDay) }),
  handler: async (ctx, { todayStartsAt, monthStartsAt }) => {
    const member = await requireMember(ctx);
    const fromAt = Math.min(monthStartsAt, todayStartsAt - (DAYS_SHOWN_MIN - 1) * DAY_MS);
    const hours =
      member.role === "member"
        ? ctx.db
            .query("usageHours")
            .withIndex("by_memberId_and_hourAt", (q) => q.eq("memberId", member._id).gte("hourAt", fromAt))
        : ctx.db.query("usageHours").withIndex("by_hourAt", (q) => q.gte("hourAt", fromAt));
    const rows = await hours.order("desc").take(HOURS_READ_MAX);
    return {
      today: sumSince(rows, todayStartsAt),
      month: sumSince(rows, monthStartsAt),
      days: sumByDay(rows, todayStartsAt),
    };
  },
});

function sumSince(rows: Doc<"usageHours">[], startsAt: number): UsageSum {
  return sumUsage(rows.filter((row) => row.hourAt >= startsAt));
}

function sumByDay(rows: Doc<"usageHours">[], todayStartsAt: number): UsageDay[] {
  const byDay = groupBy(
    rows,
    (row) => todayStartsAt + Math.floor((row.hourAt - todayStartsAt) / DAY_MS) * DAY_MS,
  );
  return [...byDay.entries()]
    .sort(([a], [b]) => a - b)
    .map(([dayAt, dayRows]) => {
      const { requests, errors, costNanoUsd } = sumUsage(dayRows);
      return { dayAt, requests, errors, costNanoUsd };
    });
}
