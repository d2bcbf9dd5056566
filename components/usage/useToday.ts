"use client";

import { useEffect, useState } from "react";
import { DAY_MS, utcDayStart } from "./utcDays";

/** Start of the current UTC day; changes at midnight, so that a page left open moves on. */
export function useToday(): number {
  const [todayStartsAt, setTodayStartsAt] = useState(() => utcDayStart(Date.now()));
  useEffect(() => {
    const timer = setTimeout(
      () => setTodayStartsAt(utcDayStart(Date.now())),
      todayStartsAt + DAY_MS - Date.now() + 1_000,
    );
    return () => clearTimeout(timer);
  }, [todayStartsAt]);
  return todayStartsAt;
}
