import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import { ConvexError, type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import {
  type ActionCtx,
  internalAction,
  internalMutation,
  internalQuery,
  type MutationCtx,
  mutation,
  query,
} from "./_generated/server";
import { admitRequest, findPayer, keyEndRefusal, LEASE_MS, vAdmitArgs, vCaller } from "./admission";
import { expireRequest } from "./expiry";
import { requireMember } from "./members";
import { gatewayScope } from "./meteredScopes";
import { chargeScopes } from "./metering";
import { vDecision, vRefusal } from "./model/decision";
import { vOutcome, vSettlement } from "./model/outcome";
import { vLoggedRequest } from "./model/validators";
import { loggedRequests } from "./requestLog";
import { readSettingsRow } from "./settings";
import { settleRequest } from "./settlement";
import { runningRequests } from "./slots";
import { withUpstreamKey } from "./upstreamKeys";
import { findForeign } from "./upstreamObjects";

const EXPIRE_BATCH = 20;

/** The one gate before Claude: every call upstream was admitted here. */
export const admit = internalMutation({
  args: vAdmitArgs.fields,
  returns: vDecision,
  handler: async (ctx, args) => await withUpstreamKey(ctx, await admitRequest(ctx, args)),
});

const vFreeDecision = v.union(
  v.object({ ok: v.literal(true), allowedModels: v.optional(v.array(v.string())) }),
  v.object({ ok: v.literal(false), refusal: vRefusal }),
);
type FreeDecision = Infer<typeof vFreeDecision>;

/** The gate of calls that cost nothing (count_tokens, models): key state and requests per minute only. */
export const admitFree = internalMutation({
  args: { caller: vCaller, takesRate: v.boolean(), objectIds: v.optional(v.array(v.string())) },
  returns: vFreeDecision,
  handler: async (ctx, { caller, takesRate, objectIds = [] }): Promise<FreeDecision> => {
    const now = Date.now();
    const payer = await findPayer(ctx, caller, now);
    if ("reason" in payer) return { ok: false, refusal: payer };
    const foreignId = await findForeign(ctx, payer, objectIds);
    if (foreignId !== null) return { ok: false, refusal: { reason: "foreignObject", objectId: foreignId } };
    const settings = await readSettingsRow(ctx);
    if (settings?.killedAt !== undefined) return { ok: false, refusal: { reason: "gatewayKilled" } };
    const { allowedModels } = payer;
    if (!takesRate) return { ok: true, allowedModels };
    const scopes = [...payer.scopes, ...gatewayScope(settings)];
    const charged = await chargeScopes(ctx, scopes, { now, worstCaseNanoUsd: null });
    return "reason" in charged ? { ok: false, refusal: charged } : { ok: true, allowedModels };
  },
});

/** Whether a key may call at all; asked before a large body is read. */
export const checkKey = internalQuery({
  args: { keyHash: v.string(), now: v.number() },
  returns: v.union(v.null(), vRefusal),
  handler: async (ctx, { keyHash, now }) => {
    const payer = await findPayer(ctx, { keyHash }, now);
    return "reason" in payer ? payer : null;
  },
});

/** The end of every admitted request. Idempotent; an answer of the web chat is closed in the same transaction. */
export const settle = internalMutation({
  args: {
    rowId: v.id("requests"),
    outcome: vOutcome,
    message: v.optional(
      v.object({
        status: v.union(v.literal("complete"), v.literal("stopped"), v.literal("failed")),
        contentJson: v.string(),
        errorMessage: v.optional(v.string()),
      }),
    ),
  },
  returns: vSettlement,
  handler: async (ctx, { rowId, outcome, message }) => {
    const row = await ctx.db.get("requests", rowId);
    if (!row) throw new Error(`settle: there is no request ${rowId}`);
    const settlement = await settleRequest(ctx, row, outcome);
    if (message) {
      await ctx.runMutation(internal.messages.finish, { requestId: row.requestId, ...message });
    }
    return settlement;
  },
});

/** Keeps a long request from being settled by the cron. */
export const renewLease = internalMutation({
  args: { rowId: v.id("requests") },
  returns: v.null(),
  handler: async (ctx, { rowId }) => {
    const row = await ctx.db.get("requests", rowId);
    if (row?.status === "running") {
      await ctx.db.patch("requests", rowId, { leaseExpiresAt: Date.now() + LEASE_MS });
    }
    return null;
  },
});

/** Why a running request must end now; null while it may go on. */
export const poll = internalQuery({
  args: { rowId: v.id("requests"), now: v.number() },
  returns: v.union(
    v.null(),
    ...(["stopped", "expired", "keyClosed", "gatewayKilled"] as const).map((reason) => v.literal(reason)),
  ),
  handler: async (ctx, { rowId, now }) => {
    const row = await ctx.db.get("requests", rowId);
    if (row?.status !== "running") return "expired";
    if (row.stopRequestedAt !== undefined) return "stopped";
    const key = row.apiKeyId && (await ctx.db.get("apiKeys", row.apiKeyId));
    if (key && keyEndRefusal(key, now)) return "keyClosed";
    const settings = await readSettingsRow(ctx);
    return settings?.killedAt === undefined ? null : "gatewayKilled";
  },
});

/** Asks a running request to end, for its key or, without one, for the signed-in member. False: they have no such request. */
export const requestStop = internalMutation({
  args: { requestId: v.string(), keyHash: v.optional(v.string()) },
  returns: v.boolean(),
  handler: async (ctx, { requestId, keyHash }) => {
    if (keyHash === undefined) {
      return await stopRequest(ctx, requestId, { memberId: (await requireMember(ctx))._id });
    }
    const payer = await findPayer(ctx, { keyHash }, Date.now());
    return !("reason" in payer) && (await stopRequest(ctx, requestId, payer));
  },
});

/** Ends one of the caller's running answers; the gateway notices within a second. */
export const stop = mutation({
  args: { requestId: v.string() },
  returns: v.null(),
  handler: async (ctx, { requestId }) => {
    const member = await requireMember(ctx);
    if (!(await stopRequest(ctx, requestId, { memberId: member._id }))) {
      throw new ConvexError({ code: "notFound", message: `There is no request ${requestId}.` });
    }
    return null;
  },
});

async function stopRequest(
  ctx: MutationCtx,
  requestId: string,
  owner: { memberId: Id<"members">; apiKeyId?: Id<"apiKeys"> },
): Promise<boolean> {
  const row = await ctx.db
    .query("requests")
    .withIndex("by_requestId", (q) => q.eq("requestId", requestId))
    .unique();
  if (row?.memberId !== owner.memberId || (owner.apiKeyId && row.apiKeyId !== owner.apiKeyId)) {
    return false;
  }
  if (row.status === "running" && row.stopRequestedAt === undefined) {
    await ctx.db.patch("requests", row._id, { stopRequestedAt: Date.now() });
  }
  return true;
}

/** The usage log, newest first: everybody's for owners, admins and viewers, their own for members. */
export const list = query({
  args: { paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(vLoggedRequest),
  handler: async (ctx, { paginationOpts }) => {
    const member = await requireMember(ctx);
    const rows =
      member.role === "member"
        ? ctx.db.query("requests").withIndex("by_memberId", (q) => q.eq("memberId", member._id))
        : ctx.db.query("requests");
    const result = await rows.order("desc").paginate(paginationOpts);
    return { ...result, page: await loggedRequests(ctx, result.page) };
  },
});

/**
 * Settles requests whose lease ran out by `now`, a batch a transaction. The cron passes no `now`. Rows that cannot be settled
 * hold up no others; fails when there are any, with their ids.
 */
export const expireLeases = internalAction({
  args: { now: v.optional(v.number()) },
  returns: v.null(),
  handler: async (ctx, args) => {
    const now = args.now ?? Date.now();
    const rowIds: Id<"requests">[] = await ctx.runQuery(internal.requests.listExpired, { now });
    const left: Id<"requests">[] = [];
    for (let start = 0; start < rowIds.length; start += EXPIRE_BATCH) {
      left.push(...(await expireBatch(ctx, rowIds.slice(start, start + EXPIRE_BATCH), now)));
    }
    if (left.length > 0) {
      throw new Error(
        `requests could not be settled and hold their places until they can; the lines above say why: ${left.join(", ")}`,
      );
    }
    return null;
  },
});

/** Returns those that could not be settled, of which one makes the whole batch fail. */
async function expireBatch(ctx: ActionCtx, rowIds: Id<"requests">[], now: number): Promise<Id<"requests">[]> {
  try {
    await ctx.runMutation(internal.requests.expire, { rowIds, now });
    return [];
  } catch (error) {
    const [rowId] = rowIds;
    if (rowId !== undefined && rowIds.length === 1) {
      console.error(`request row ${rowId} could not be settled`, error);
      return rowIds;
    }
  }
  const left: Id<"requests">[] = [];
  for (const rowId of rowIds) left.push(...(await expireBatch(ctx, [rowId], now)));
  return left;
}

/** A query of its own: a mutation that read all running rows would conflict with every request that begins. */
export const listExpired = internalQuery({
  args: { now: v.number() },
  returns: v.array(v.id("requests")),
  handler: async (ctx, { now }) => {
    const expired: Id<"requests">[] = [];
    for await (const row of runningRequests(ctx)) {
      if (row.leaseExpiresAt < now) expired.push(row._id);
    }
    return expired;
  },
});

export const expire = internalMutation({
  args: { rowIds: v.array(v.id("requests")), now: v.number() },
  returns: v.null(),
  handler: async (ctx, { rowIds, now }) => {
    for (const rowId of rowIds) {
      const row = await ctx.db.get("requests", rowId);
      if (row?.status === "running" && row.leaseExpiresAt < now) await expireRequest(ctx, row);
    }
    return null;
  },
});
