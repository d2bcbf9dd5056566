"use client";

import { useQuery } from "convex/react";
import { api } from "@/convex/_generated/api";
import { SpendByDay } from "./SpendByDay";
import { UsageCard } from "./UsageCard";
import { useToday } from "./useToday";
import { utcMonthStart } from "./utcDays";

export function UsageOverview() {
  const todayStartsAt = useToday();
  const summary = useQuery(api.usage.summary, { todayStartsAt, monthStartsAt: utcMonthStart(todayStartsAt) });
  return (
    <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]">
      <div className="grid gap-6 sm:grid-cols-2 lg:grid-cols-1">
        <UsageCard title="Today" usage={summary?.today} />
        <UsageCard title="This month" usage={summary?.month} />
      </div>
      <SpendByDay days={summary?.days} todayStartsAt={todayStartsAt} />
    </div>
  );
}
