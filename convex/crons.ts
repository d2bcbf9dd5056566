import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();
crons.interval("settle requests whose lease ran out", { minutes: 1 }, internal.requests.expireLeases, {});
crons.interval("delete pages of old streams", { hours: 1 }, internal.streamPages.deleteExpired, {});
crons.interval("delete reset links that expired", { hours: 24 }, internal.passwordResets.deleteExpired, {});

export default crons;
