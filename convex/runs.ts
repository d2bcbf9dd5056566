import { type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { internalAction, internalMutation, type MutationCtx } from "./_generated/server";
import { admitRequest, keyEndRefusal, LEASE_MS as REQUEST_LEASE_MS } from "./admission";
import { inCharge, LEASE_MS, renewDispatcher, wakeDispatcher } from "./dispatcher";
import { drainQueue } from "./dispatchLoop";
import { refusalError } from "./gateway/refusalError";
import { afterRefusal, RUN_ATTEMPTS_MAX } from "./model/attemptVerdict";
import { vAdmission } from "./model/decision";
import { takeFromLanes } from "./model/laneRound";
import { vOutcome } from "./model/outcome";
import { vDemand } from "./model/reservation";
import { CALLS_AT_ONCE, Turnstile } from "./model/Turnstile";
import { vCallback, vProblem, vRunStatus } from "./model/webhookValidators";
import { attemptRun } from "./runAttempt";
import { closeAttempt, failRun, requeue } from "./runEnding";
import { readSettingsRow } from "./settings";
import { settleRequest } from "./settlement";
import { writeText } from "./textParts";

/** Runs at once, of all webhooks and jobs. */
const RUNS_AT_ONCE = 50;
/** Payloads in the memory of the one action that works on them. */
const BYTES_AT_ONCE = 6 * 1024 * 1024;
/** Jobs of one key at once; a webhook says its own number. */
const JOBS_AT_ONCE = 10;
const CLAIMS_FOR_MS = 10 * 60_000;

const vClaim = v.object({ id: v.id("runs"), claims: v.number() });
export type RunClaim = Infer<typeof vClaim>;

const vReceived = v.object({ runId: v.string(), status: vRunStatus, isRepeat: v.boolean() });

/** Records an event or a job once and queues its run; a repeat answers what is recorded. */
export const receive = internalMutation({
  args: {
    runId: v.string(),
    webhookId: v.optional(v.id("webhooks")),
    apiKeyId: v.id("apiKeys"),
    dedupeKey: v.union(v.null(), v.string()),
    senderEventId: v.optional(v.string()),
    eventType: v.string(),
    input: v.string(),
    ignoredBecause: v.union(v.null(), vProblem),
    callback: v.optional(vCallback),
  },
  returns: vReceived,
  handler: async (ctx, { input, ignoredBecause, dedupeKey, ...event }): Promise<Infer<typeof vReceived>> => {
    const recorded = dedupeKey === null ? null : await findByDedupeKey(ctx, event.webhookId, dedupeKey);
    if (recorded) return { runId: recorded.runId, status: recorded.status, isRepeat: true };
    const key = await ctx.db.get("apiKeys", event.apiKeyId);
    if (!key) throw new Error(`receive: there is no key ${event.apiKeyId}`);
    const now = Date.now();
    const status = ignoredBecause ? "ignored" : "queued";
    await ctx.db.insert("runs", {
      ...event,
      ...(dedupeKey !== null && { dedupeKey }),
      ...(ignoredBecause && { problem: ignoredBecause }),
      memberId: key.memberId,
      lane: event.webhookId ?? event.apiKeyId,
      status,
      dueAt: now,
      claims: 0,
      attempts: 0,
      inputBytes: input.length,
      receivedAt: now,
      costNanoUsd: 0,
    });
    await writeText(ctx, event.runId, input);
    if (status === "queued") await wakeDispatcher(ctx, "runs");
    return { runId: event.runId, status, isRepeat: false };
  },
});

async function findByDedupeKey(
  ctx: MutationCtx,
  webhookId: Id<"webhooks"> | undefined,
  dedupeKey: string,
): Promise<Doc<"runs"> | null> {
  return await ctx.db
    .query("runs")
    .withIndex("by_webhookId_and_dedupeKey", (q) => q.eq("webhookId", webhookId).eq("dedupeKey", dedupeKey))
    .unique();
}

/** The one dispatcher of runs. */
export const dispatch = internalAction({
  args: { generation: v.number() },
  returns: v.null(),
  handler: async (ctx, { generation }) => {
    const turn = { queue: "runs" as const, generation };
    const worker = { ctx, turnstile: new Turnstile(CALLS_AT_ONCE) };
    await drainQueue<RunClaim>({
      atOnce: RUNS_AT_ONCE,
      claimsForMs: CLAIMS_FOR_MS,
      claim: (room, after) => ctx.runMutation(internal.runs.claim, { generation, room, after }),
      work: (claim, signal) => attemptRun(worker, claim, signal),
      renew: async (claims) => {
        const ended = await ctx.runMutation(internal.runs.renew, { generation, claims });
        return claims.filter(({ id }) => ended.includes(id));
      },
      sleep: () => ctx.runMutation(internal.dispatcher.sleep, turn),
      handOver: async () => {
        await ctx.runMutation(internal.dispatcher.handOver, turn);
      },
    });
    return null;
  },
});

export const claim = internalMutation({
  args: { generation: v.number(), room: v.number(), after: v.string() },
  returns: v.object({ items: v.array(vClaim), after: v.string(), isSuperseded: v.boolean() }),
  handler: async (ctx, { generation, room, after }) => {
    const dispatcher = await inCharge(ctx, "runs", generation);
    if (!dispatcher) return { items: [], after, isSuperseded: true };
    const running = await ctx.db
      .query("runs")
      .withIndex("by_status_and_lane_and_dueAt", (q) => q.eq("status", "running"))
      .take(RUNS_AT_ONCE);
    const load = new Load(running);
    const now = Date.now();
    const taken = await takeFromLanes(
      {
        nextAfter: async (lane) => (await firstQueuedAfter(ctx, lane))?.lane ?? null,
        take: async (lane, count) => {
          const room = Math.min(count, (await runsAtOnceOf(ctx, lane)) - load.inLane(lane));
          if (room <= 0) return [];
          const due = await ctx.db
            .query("runs")
            .withIndex("by_status_and_lane_and_dueAt", (q) =>
              q.eq("status", "queued").eq("lane", lane).lte("dueAt", now),
            )
            .take(room);
          return due.filter((run) => load.fits(run));
        },
      },
      Math.min(room, RUNS_AT_ONCE - running.length),
      after,
    );
    const items: RunClaim[] = [];
    for (const { _id: id, claims } of taken.items) {
      const dueAt = dispatcher.leaseExpiresAt;
      await ctx.db.patch("runs", id, { status: "running", dueAt, claims: claims + 1 });
      items.push({ id, claims: claims + 1 });
    }
    return { items, after: taken.after, isSuperseded: false };
  },
});

/** How much runs at the moment. */
class Load {
  private bytes = 0;
  private readonly lanes = new Map<string, number>();

  constructor(running: Doc<"runs">[]) {
    for (const { lane, inputBytes } of running) {
      this.bytes += inputBytes;
      this.lanes.set(lane, this.inLane(lane) + 1);
    }
  }

  inLane(lane: string): number {
    return this.lanes.get(lane) ?? 0;
  }

  /** Counts a run in, unless the memory that all share is taken. */
  fits({ inputBytes }: Doc<"runs">): boolean {
    if (this.bytes > 0 && this.bytes + inputBytes > BYTES_AT_ONCE) return false;
    this.bytes += inputBytes;
    return true;
  }
}

async function firstQueuedAfter(ctx: MutationCtx, lane: string): Promise<Doc<"runs"> | null> {
  return await ctx.db
    .query("runs")
    .withIndex("by_status_and_lane_and_dueAt", (q) => q.eq("status", "queued").gt("lane", lane))
    .first();
}

async function runsAtOnceOf(ctx: MutationCtx, lane: string): Promise<number> {
  const webhookId = ctx.db.normalizeId("webhooks", lane);
  const webhook = webhookId === null ? null : await ctx.db.get("webhooks", webhookId);
  return webhook?.concurrentRuns ?? JOBS_AT_ONCE;
}

const vRefusedAttempt = v.object({ ok: v.literal(false) });

/** Admits one upstream attempt of a claimed run; a "no" puts the run off or fails it in the same transaction. */
export const admit = internalMutation({
  args: { id: v.id("runs"), claims: v.number(), requestId: v.string(), demand: vDemand },
  returns: v.union(vAdmission, vRefusedAttempt),
  handler: async (ctx, { id, claims, requestId, demand }) => {
    const run = await ctx.db.get("runs", id);
    if (run?.status !== "running" || run.claims !== claims) return { ok: false as const };
    const decision = await admitRequest(ctx, {
      requestId,
      caller: { apiKeyId: run.apiKeyId },
      source: run.webhookId ? "webhook" : "job",
      endpoint: run.webhookId ? "POST /webhooks" : "POST /gateway/jobs",
      isStreaming: true,
      isDurable: false,
      demand,
      attempt: 1,
    });
    if (decision.ok) {
      await ctx.db.patch("runs", id, {
        attempts: run.attempts + 1,
        requestId,
        requestRowId: decision.rowId,
      });
      return decision;
    }
    const error = refusalError(decision.refusal);
    const problem = { type: error.type, message: error.message };
    const verdict = afterRefusal(decision.refusal, Date.now() - run.receivedAt);
    if (verdict.kind === "retry") await requeue(ctx, run, { problem, waitMs: verdict.waitMs });
    else await failRun(ctx, run, problem);
    return { ok: false as const };
  },
});

/** Fails a claimed run before Claude was called. */
export const refuse = internalMutation({
  args: { id: v.id("runs"), claims: v.number(), problem: vProblem },
  returns: v.null(),
  handler: async (ctx, { id, claims, problem }) => {
    const run = await ctx.db.get("runs", id);
    if (run?.status === "running" && run.claims === claims) await failRun(ctx, run, problem);
    return null;
  },
});

/** Settles an attempt and, in the same transaction, ends its run, queues the answer, or queues the next attempt. */
export const finish = internalMutation({
  args: {
    id: v.id("runs"),
    claims: v.number(),
    rowId: v.id("requests"),
    outcome: vOutcome,
    retryAfterMs: v.union(v.null(), v.number()),
    answer: v.union(v.null(), v.object({ messageJson: v.string(), text: v.string() })),
  },
  returns: v.null(),
  handler: async (ctx, { id, claims, rowId, outcome, ...end }) => {
    const row = await ctx.db.get("requests", rowId);
    const run = await ctx.db.get("runs", id);
    if (!row || !run) throw new Error(`finish: there is no run ${id} or request ${rowId}`);
    const { costNanoUsd } = await settleRequest(ctx, row, outcome);
    // A worker whose claim ran out: its attempt was settled then, and another took its place.
    if (run.status === "running" && run.claims === claims) {
      await closeAttempt(ctx, run, { ...end, outcome, costNanoUsd });
    }
    return null;
  },
});

/** Keeps the claims of runs in progress; returns those that must end: stopped, or their key or the gateway was killed. */
export const renew = internalMutation({
  args: { generation: v.number(), claims: v.array(vClaim) },
  returns: v.array(v.id("runs")),
  handler: async (ctx, { generation, claims }) => {
    await renewDispatcher(ctx, "runs", generation);
    const now = Date.now();
    const isGatewayKilled = (await readSettingsRow(ctx))?.killedAt !== undefined;
    const ended: Id<"runs">[] = [];
    for (const { id, claims: number } of claims) {
      const run = await ctx.db.get("runs", id);
      if (run?.status !== "running" || run.claims !== number) continue;
      const row = run.requestRowId && (await ctx.db.get("requests", run.requestRowId));
      const key = await ctx.db.get("apiKeys", run.apiKeyId);
      const isStopped = row?.stopRequestedAt !== undefined || !key || keyEndRefusal(key, now) !== null;
      if (isGatewayKilled || isStopped) ended.push(id);
      await ctx.db.patch("runs", id, { dueAt: now + LEASE_MS });
      if (row?.status === "running")
        await ctx.db.patch("requests", row._id, { leaseExpiresAt: now + REQUEST_LEASE_MS });
    }
    return ended;
  },
});

/** Runs whose worker died: the attempt settles at an estimate, and the run is tried again or has failed. */
export const requeueAbandoned = internalMutation({
  args: { now: v.number() },
  returns: v.null(),
  handler: async (ctx, { now }) => {
    const abandoned = await ctx.db
      .query("runs")
      .withIndex("by_status_and_dueAt", (q) => q.eq("status", "running").lte("dueAt", now))
      .take(RUNS_AT_ONCE);
    for (const run of abandoned) {
      const row = run.requestRowId && (await ctx.db.get("requests", run.requestRowId));
      const message = "The gateway was interrupted while Claude worked on this run.";
      const problem = { type: "timeout_error", message };
      const outcome = { status: "expired", usageSource: "estimated", errorType: problem.type } as const;
      const { costNanoUsd } = row
        ? await settleRequest(ctx, row, { ...outcome, errorMessage: message })
        : { costNanoUsd: 0 };
      const settled = { ...run, costNanoUsd: run.costNanoUsd + costNanoUsd };
      if (run.attempts >= RUN_ATTEMPTS_MAX) await failRun(ctx, settled, problem);
      else await requeue(ctx, settled, { problem, waitMs: 0 });
    }
    return null;
  },
});
