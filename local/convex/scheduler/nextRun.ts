import type { CronSchedule } from "../host/deployment.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/** February 29th recurs within eight years. */
const maxDaysAhead = 8 * 366;

/** The first run after `now`, in milliseconds since the epoch; intervals count from `previous`. All times are UTC. */
export function nextRun(schedule: CronSchedule, now: number, previous: number = now): number {
  switch (schedule.type) {
    case "interval": {
      const { seconds = 0, minutes = 0, hours = 0 } = schedule;
      const period = (seconds + 60 * minutes + 3600 * hours) * 1000;
      if (!(period > 0)) throw new Error("The interval of a cron job must be positive.");
      return previous + period * (Math.floor((now - previous) / period) + 1);
    }
    case "hourly":
      return nextMatch({ minutes: [schedule.minuteUTC ?? 0] }, now);
    case "daily":
      return nextMatch({ minutes: [schedule.minuteUTC ?? 0], hours: [schedule.hourUTC] }, now);
    case "weekly":
      return nextMatch(
        {
          minutes: [schedule.minuteUTC ?? 0],
          hours: [schedule.hourUTC],
          weekdays: [weekdays.indexOf(schedule.dayOfWeek.toLowerCase())],
        },
        now,
      );
    case "monthly":
      return nextMatch(
        { minutes: [schedule.minuteUTC ?? 0], hours: [schedule.hourUTC], days: [schedule.day] },
        now,
      );
    case "cron":
      return nextMatch(parseCron(schedule.cron), now);
  }
}

/** Absent fields match everything. */
interface Pattern {
  minutes?: readonly number[];
  hours?: readonly number[];
  days?: readonly number[];
  months?: readonly number[];
  weekdays?: readonly number[];
}

function parseCron(text: string): Pattern {
  const parts = text.trim().split(/\s+/);
  const [minute, hour, day, month, weekday] = parts;
  if (parts.length !== 5 || !minute || !hour || !day || !month || !weekday) {
    throw new Error(`Cron expression "${text}" does not have five fields.`);
  }
  const weekdayNames = weekdays.map((name) => name.slice(0, 3));
  return {
    minutes: parseField(minute, { from: 0, to: 59 }),
    hours: parseField(hour, { from: 0, to: 23 }),
    days: parseField(day, { from: 1, to: 31 }),
    months: parseField(month, { from: 1, to: 12, names: monthNames, firstName: 1 }),
    weekdays: parseField(weekday, { from: 0, to: 7, names: weekdayNames, firstName: 0 })?.map(
      (each) => each % 7,
    ),
  };
}

interface FieldRange {
  from: number;
  to: number;
  names?: readonly string[];
  firstName?: number;
}

/** Undefined for `*`. */
function parseField(text: string, range: FieldRange): number[] | undefined {
  if (text === "*" || text === "?") return undefined;
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [span = "", stepText] = part.split("/");
    const [firstText = "", lastText] = span.split("-");
    const step = stepText === undefined ? 1 : Number(stepText);
    const first = span === "*" ? range.from : parseNumber(firstText, range);
    const open = span === "*" || (stepText !== undefined && lastText === undefined);
    const last = open ? range.to : lastText === undefined ? first : parseNumber(lastText, range);
    if (!Number.isInteger(step) || step < 1 || first > last || first < range.from || last > range.to) {
      throw new Error(`Cron field "${text}" is not valid.`);
    }
    for (let value = first; value <= last; value += step) values.add(value);
  }
  return [...values];
}

function parseNumber(text: string, range: FieldRange): number {
  const name = range.names?.indexOf(text.slice(0, 3).toLowerCase()) ?? -1;
  const value = name >= 0 ? name + (range.firstName ?? 0) : Number(text);
  if (!Number.isInteger(value) || text === "") throw new Error(`Cron field "${text}" is not valid.`);
  return value;
}

function nextMatch(pattern: Pattern, now: number): number {
  const earliest = Math.floor(now / minuteMs) * minuteMs + minuteMs;
  const firstDay = Math.floor(earliest / dayMs) * dayMs;
  const times = timesOfDay(pattern);
  for (let index = 0; index < maxDaysAhead; index++) {
    const day = firstDay + index * dayMs;
    if (!matchesDay(pattern, new Date(day))) continue;
    const time = times.find((each) => day + each >= earliest);
    if (time !== undefined) return day + time;
  }
  throw new Error("The schedule of a cron job never matches.");
}

/** Ascending, in milliseconds since midnight. */
function timesOfDay({ hours, minutes }: Pattern): number[] {
  const all = (count: number) => Array.from({ length: count }, (_, index) => index);
  return (hours ?? all(24))
    .flatMap((hour) => (minutes ?? all(60)).map((minute) => (hour * 60 + minute) * minuteMs))
    .sort((a, b) => a - b);
}

/** As in every cron: when both days of month and of week are restricted, either may match. */
function matchesDay({ days, months, weekdays: daysOfWeek }: Pattern, date: Date): boolean {
  if (months && !months.includes(date.getUTCMonth() + 1)) return false;
  const isDay = days?.includes(date.getUTCDate());
  const isWeekday = daysOfWeek?.includes(date.getUTCDay());
  if (isDay === undefined) return isWeekday ?? true;
  return isWeekday === undefined ? isDay : isDay || isWeekday;
}
