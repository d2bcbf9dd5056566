const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayAndTime = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const utcDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** "14:03:09" for today, else "3 Nov, 14:03:09"; the reader's own time zone. */
export function formatTime(at: number, now: number = Date.now()): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  return (isToday ? time : dayAndTime).format(at);
}

/** "3 Nov 2026" */
export function formatDate(at: number): string {
  return date.format(at);
}

/** "3 Nov" of an instant that stands for a UTC day. */
export function formatUtcDay(at: number): string {
  return utcDay.format(at);
}

/** "5 minutes ago", "in 6 days" */
export function formatRelative(at: number, now: number = Date.now()): string {
  const differenceMs = at - now;
  const size = Math.abs(differenceMs);
  if (size < MINUTE_MS) return "just now";
  if (size < HOUR_MS) return relative.format(Math.trunc(differenceMs / MINUTE_MS), "minute");
  if (size < DAY_MS) return relative.format(Math.trunc(differenceMs / HOUR_MS), "hour");
  if (size < 30 * DAY_MS) return relative.format(Math.trunc(differenceMs / DAY_MS), "day");
  return date.format(at);
}

/** "240 ms", "3.4 s", "2 min 5 s" */
export function formatDurationMs(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1_000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
