import { cronJobs, makeFunctionReference } from "convex/server";

const record = makeFunctionReference<"mutation">("cronRuns:record");
const act = makeFunctionReference<"action">("cronRuns:act");
const crons = cronJobs();

crons.interval("interval", { hours: 12 }, record, { name: "interval" });
crons.interval("interval of an action", { hours: 12 }, act, { name: "action" });
crons.cron("cron", "0 4 1 1 *", record, { name: "cron" });
crons.hourly("hourly", { minuteUTC: 59 }, record, { name: "hourly" });
crons.daily("daily", { hourUTC: 3, minuteUTC: 59 }, record, { name: "daily" });
crons.weekly("weekly", { dayOfWeek: "sunday", hourUTC: 3, minuteUTC: 58 }, record, { name: "weekly" });
crons.monthly("monthly", { day: 28, hourUTC: 3, minuteUTC: 57 }, record, { name: "monthly" });

export default crons;
