import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();
crons.interval("settle requests whose lease ran out", { minutes: 1 }, internal.requests.expireLeases, {});
crons.interval("delete pages of old streams", { hours: 1 }, internal.streamPages.deleteExpired, {});
crons.interval("delete reset links that expired", { hours: 24 }, internal.passwordResets.deleteExpired, {});
crons.interval(
  "delete sessions that ended long ago",
  { hours: 24 },
  internal.agentSessions.deleteExpired,
  {},
);
crons.interval(
  "forget batches and containers that Claude no longer has",
  { hours: 24 },
  internal.upstreamObjects.deleteExpired,
  {},
);
crons.interval("take up queues whose worker died", { minutes: 1 }, internal.dispatcher.tend, {});
crons.interval("settle batches that have ended", { minutes: 1 }, internal.batches.poll, {});

crons.interval(
  "delete old webhook events and deliveries",
  { hours: 1 },
  internal.webhookRetention.deleteExpired,
  {},
);

export default crons;
