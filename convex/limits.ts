import { paginationOptsValidator } from "convex/server";
import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { type ActionCtx, internalMutation, internalQuery, type QueryCtx } from "./_generated/server";
import { recordAudit } from "./auditLog";
import { type Actor, metersFor, readTarget, type Target, vTarget, writeTarget } from "./limitTargets";
import { rebalance } from "./metering";
import { isMetered, type Limits, limitsProblem, vLimits } from "./model/limits";
import type { Spent } from "./model/meter";
import { windowStart } from "./model/windows";

/** A key's traffic is one program's; a member's and the gateway's come from many keys at once. */
const SHARDS_DEFAULT = { key: 1, member: 8, gateway: 8 };
const SHARDS_MAX = 64;
const HOURS_PER_PAGE = 2_000;

const vSpent = v.object({ day: v.number(), month: v.number(), total: v.number() });
const NOTHING_SPENT: Spent = { day: 0, month: 0, total: 0 };

/**
 * Sets all limits of a key, a member or the gateway; they hold from the next request on. An action, because a first
 * limit starts with what was spent before it, which may be more rows than one transaction reads.
 */
export async function setLimits(
  ctx: ActionCtx,
  args: { target: Target; limits: Limits; shards?: number; actorId?: Id<"members"> },
): Promise<null> {
  const { target, actorId } = args;
  const isFirst: boolean = await ctx.runQuery(internal.limits.isUnmetered, { target, actorId });
  const spent = isFirst && isMetered(args.limits) ? await spentBefore(ctx, target) : NOTHING_SPENT;
  await ctx.runMutation(internal.limits.set, { ...args, spent });
  return null;
}

async function spentBefore(ctx: ActionCtx, target: Target): Promise<Spent> {
  const sum = { ...NOTHING_SPENT };
  const now = Date.now();
  let cursor: string | null = null;
  do {
    const page: { spent: Spent; cursor: string | null } = await ctx.runQuery(internal.limits.spentPage, {
      target,
      now,
      paginationOpts: { numItems: HOURS_PER_PAGE, cursor },
    });
    for (const window of ["day", "month", "total"] as const) sum[window] += page.spent[window];
    cursor = page.cursor;
  } while (cursor !== null);
  return sum;
}

/** Whether a target has no meters yet. */
export const isUnmetered = internalQuery({
  args: { target: vTarget, actorId: v.optional(v.id("members")) },
  returns: v.boolean(),
  handler: async (ctx, { target, actorId }) => {
    const { meterIds } = await readTarget(ctx, target, await readActor(ctx, actorId));
    return meterIds === undefined;
  },
});

async function readActor(ctx: QueryCtx, actorId: Id<"members"> | undefined): Promise<Actor> {
  if (actorId === undefined) return null;
  const actor = await ctx.db.get("members", actorId);
  if (!actor || actor.removedAt !== undefined) {
    throw new ConvexError({ code: "unauthenticated", message: "Sign in to do this." });
  }
  return actor;
}

/** What one page of roll-ups says was spent. */
export const spentPage = internalQuery({
  args: { target: vTarget, now: v.number(), paginationOpts: paginationOptsValidator },
  returns: v.object({ spent: vSpent, cursor: v.union(v.null(), v.string()) }),
  handler: async (ctx, { target, now, paginationOpts }) => {
    const { page, isDone, continueCursor } = await (await hoursOf(ctx, target)).paginate(paginationOpts);
    const spent = { ...NOTHING_SPENT };
    for (const { hourAt, costNanoUsd } of page) {
      for (const window of ["day", "month", "total"] as const) {
        if (hourAt >= windowStart(window, now)) spent[window] += costNanoUsd;
      }
    }
    return { spent, cursor: isDone ? null : continueCursor };
  },
});

async function hoursOf(ctx: QueryCtx, target: Target) {
  const hours = ctx.db.query("usageHours");
  if (target.scope === "gateway") return hours.withIndex("by_hourAt");
  if (target.scope === "member") {
    return hours.withIndex("by_memberId_and_hourAt", (q) => q.eq("memberId", target.memberId));
  }
  const key = await ctx.db.get("apiKeys", target.apiKeyId);
  if (!key) throw new Error(`there is no key ${target.apiKeyId}`);
  return hours.withIndex("by_owner_and_hour", (q) =>
    q.eq("memberId", key.memberId).eq("apiKeyId", target.apiKeyId),
  );
}

/** Replaces a target's limits. Throws ConvexError `invalidLimits`, `notFound` or `forbidden`. */
export const set = internalMutation({
  args: {
    target: vTarget,
    limits: vLimits,
    shards: v.optional(v.number()),
    actorId: v.optional(v.id("members")),
    spent: vSpent,
  },
  returns: v.null(),
  handler: async (ctx, { target, limits, shards, actorId, spent }) => {
    const actor = await readActor(ctx, actorId);
    const { name, limits: before, meterIds } = await readTarget(ctx, target, actor);
    const shardCount = shards ?? Math.max(SHARDS_DEFAULT[target.scope], meterIds?.length ?? 0);
    refuseProblem(target, limits, { from: meterIds?.length ?? 0, to: shardCount });
    const { concurrentRequests: _slots, ...gatewayMetered } = limits;
    const metered = target.scope === "gateway" ? gatewayMetered : limits;
    const needed = { limits: metered, meterIds, shards: shardCount, spent };
    const nextMeterIds = await metersFor(ctx, target, needed);
    await writeTarget(ctx, target, { limits, meterIds: nextMeterIds });
    await recordAudit(ctx, actor, {
      action: `${target.scope}.setLimits`,
      ...(target.scope === "key" && { targetId: target.apiKeyId }),
      ...(target.scope === "member" && { targetId: target.memberId }),
      target: name,
      before: { limits: before },
      after: { limits },
    });
    // Shards share the new limits at once; a single meter is read apart, so that a busy key can always be changed.
    if (nextMeterIds && nextMeterIds.length > 1) await rebalanceTarget(ctx, target);
    else if (nextMeterIds) await ctx.scheduler.runAfter(0, internal.limits.announce, { target });
    return null;
  },
});

function refuseProblem(target: Target, limits: Limits, shards: { from: number; to: number }): void {
  const problem =
    limitsProblem(limits) ??
    (target.scope !== "key" && limits.allowedModels ? "allowedModels is a limit of keys only." : null) ??
    shardsProblem(shards);
  if (problem !== null) throw new ConvexError({ code: "invalidLimits", message: problem });
}

function shardsProblem({ from, to }: { from: number; to: number }): string | null {
  if (!Number.isSafeInteger(to) || to < 1 || to > SHARDS_MAX) {
    return `shards is ${to}; it must be a whole number from 1 to ${SHARDS_MAX}.`;
  }
  return to < from
    ? `There are ${from} shards already and they cannot become ${to}: clear the limits first, then set them anew.`
    : null;
}

async function rebalanceTarget(ctx: Parameters<typeof rebalance>[0], target: Target): Promise<void> {
  const { scopes } = await readTarget(ctx, target, null);
  for (const scope of scopes) await rebalance(ctx, scope, Date.now());
}

/** Tells of thresholds that a lower budget has reached already. */
export const announce = internalMutation({
  args: { target: vTarget },
  returns: v.null(),
  handler: async (ctx, { target }) => {
    await rebalanceTarget(ctx, target);
    return null;
  },
});
