import { ConvexError, type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import {
  action,
  internalMutation,
  type MutationCtx,
  mutation,
  type QueryCtx,
  query,
} from "./_generated/server";
import { announce } from "./announce";
import { recordAudit } from "./auditLog";
import { hashSecret } from "./gateway/credentials";
import { changeKeyState } from "./keyState";
import { setLimits } from "./limits";
import { metersFor } from "./limitTargets";
import { readLimitUsage, vLimitUsage } from "./limitUsage";
import { anyOwner, memberOfEmail, OPERATOR_NAME, requireMember, requireMemberInAction } from "./members";
import { keyScope } from "./meteredScopes";
import { createGatewayKey } from "./model/gatewayKey";
import { hasRole } from "./model/hasRole";
import { limitsProblem, vLimits } from "./model/limits";

const NAME_LENGTH_MAX = 100;
const LIST_MAX = 500;

const vApiKey = v.object({
  apiKeyId: v.id("apiKeys"),
  name: v.string(),
  lastFour: v.string(),
  createdAt: v.number(),
  limits: vLimits,
  expiresAt: v.optional(v.number()),
  revokedAt: v.optional(v.number()),
  pausedAt: v.optional(v.number()),
  killedAt: v.optional(v.number()),
  memberEmail: v.string(),
  usage: vLimitUsage,
});

const vCreated = v.object({ apiKeyId: v.id("apiKeys"), secret: v.string() });
export type CreatedApiKey = Infer<typeof vCreated>;

/** The caller's keys, newest first; owners and admins see everybody's. Never a secret. */
export const list = query({
  args: {},
  returns: v.array(vApiKey),
  handler: async (ctx) => {
    const member = await requireMember(ctx);
    const keys = hasRole(member.role, "admin")
      ? ctx.db.query("apiKeys")
      : ctx.db.query("apiKeys").withIndex("by_memberId", (q) => q.eq("memberId", member._id));
    const rows = await keys.order("desc").take(LIST_MAX);
    return await Promise.all(rows.map((row) => describeKey(ctx, row)));
  },
});

/** One key that the caller may see; null when there is none. */
export const get = query({
  args: { apiKeyId: v.string() },
  returns: v.union(v.null(), vApiKey),
  handler: async (ctx, args) => {
    const member = await requireMember(ctx);
    const apiKeyId = ctx.db.normalizeId("apiKeys", args.apiKeyId);
    const key = apiKeyId === null ? null : await ctx.db.get("apiKeys", apiKeyId);
    const isVisible = key?.memberId === member._id || hasRole(member.role, "admin");
    return key && isVisible ? await describeKey(ctx, key) : null;
  },
});

async function describeKey(ctx: QueryCtx, key: Doc<"apiKeys">): Promise<Infer<typeof vApiKey>> {
  const { _id: apiKeyId, name, lastFour, _creationTime: createdAt, limits } = key;
  const { expiresAt, revokedAt, pausedAt, killedAt } = key;
  const owner = await ctx.db.get("members", key.memberId);
  return {
    ...{ apiKeyId, name, lastFour, createdAt, limits, expiresAt, revokedAt, pausedAt, killedAt },
    memberEmail: owner?.email ?? "",
    usage: await readLimitUsage(ctx, keyScope(key)),
  };
}

/** Makes a key; its secret is in this answer and nowhere else. An action, because Convex keeps what mutations return. */
export const create = action({
  args: { name: v.string(), limits: vLimits, expiresAt: v.optional(v.number()) },
  returns: vCreated,
  handler: async (ctx, args): Promise<CreatedApiKey> => {
    const { memberId } = await requireMemberInAction(ctx, "member");
    const secret = newSecret();
    const apiKeyId = await ctx.runMutation(internal.apiKeys.insert, {
      ...args,
      ...(await storedForm(secret)),
      memberId,
    });
    return { apiKeyId, secret };
  },
});

/** A fresh secret; call it in actions only. */
export function newSecret(): string {
  return createGatewayKey(() => crypto.getRandomValues(new Uint8Array(64)));
}

/** What is kept of a secret. */
export async function storedForm(secret: string): Promise<{ keyHash: string; lastFour: string }> {
  return { keyHash: await hashSecret(secret), lastFour: secret.slice(-4) };
}

/** Records a key; without a member it is the first owner's. Throws ConvexError `invalidKey`. */
export const insert = internalMutation({
  args: {
    memberId: v.optional(v.id("members")),
    name: v.string(),
    keyHash: v.string(),
    lastFour: v.string(),
    limits: vLimits,
    expiresAt: v.optional(v.number()),
  },
  returns: v.id("apiKeys"),
  handler: async (ctx, args) => {
    const name = args.name.trim();
    if (name === "" || name.length > NAME_LENGTH_MAX) {
      throw invalidKey(`The name has ${name.length} characters; it needs 1 to ${NAME_LENGTH_MAX}.`);
    }
    const problem = limitsProblem(args.limits);
    if (problem !== null) {
      throw invalidKey(problem);
    }
    if (args.expiresAt !== undefined && !(args.expiresAt > Date.now())) {
      throw invalidKey("The expiry is not in the future.");
    }
    const actor = args.memberId ? await ctx.db.get("members", args.memberId) : null;
    const memberId = args.memberId ?? (await commandLineOwner(ctx));
    const member = await ctx.db.get("members", memberId);
    const isMemberLimited = member?.meterIds && true;
    const apiKeyId = await ctx.db.insert("apiKeys", { ...args, name, memberId, isMemberLimited });
    const meterIds = await metersFor(
      ctx,
      { scope: "key", apiKeyId },
      { limits: args.limits, shards: 1, spent: { day: 0, month: 0, total: 0 } },
    );
    if (meterIds) await ctx.db.patch("apiKeys", apiKeyId, { meterIds });
    const { limits, expiresAt } = args;
    await recordAudit(ctx, actor, {
      action: "key.create",
      targetId: apiKeyId,
      target: name,
      after: { limits, ...(expiresAt !== undefined && { expiresAt }) },
    });
    await announce(ctx, "key.created", { key: { id: apiKeyId, name, last_four: args.lastFour } });
    return apiKeyId;
  },
});

function invalidKey(message: string): ConvexError<{ code: string; message: string }> {
  return new ConvexError({ code: "invalidKey", message });
}

/** Who owns what is made from the command line. */
export async function commandLineOwner(ctx: MutationCtx): Promise<Id<"members">> {
  const member = (await anyOwner(ctx)) ?? (await memberOfEmail(ctx, OPERATOR_NAME));
  if (member !== null) return member._id;
  const userId = await ctx.db.insert("users", { name: OPERATOR_NAME });
  return await ctx.db.insert("members", { userId, email: OPERATOR_NAME, role: "member" });
}

/** Replaces a key's limits, from its next request on. Throws ConvexError `invalidLimits` or `notFound`. */
export const update = action({
  args: { apiKeyId: v.id("apiKeys"), limits: vLimits },
  returns: v.null(),
  handler: async (ctx, { apiKeyId, limits }): Promise<null> => {
    const { memberId: actorId } = await requireMemberInAction(ctx, "member");
    return await setLimits(ctx, { target: { scope: "key", apiKeyId }, limits, actorId });
  },
});

/** Refuses the key's next requests; those that run finish. Idempotent, like the three below. */
export const pause = mutation({
  args: { apiKeyId: v.id("apiKeys") },
  returns: v.null(),
  handler: async (ctx, { apiKeyId }) =>
    await changeKeyState(ctx, await requireMember(ctx, "member"), { apiKeyId, change: "pause" }),
});

/** Refuses the key's next requests and ends those that run, within six seconds. */
export const kill = mutation({
  args: { apiKeyId: v.id("apiKeys") },
  returns: v.null(),
  handler: async (ctx, { apiKeyId }) =>
    await changeKeyState(ctx, await requireMember(ctx, "member"), { apiKeyId, change: "kill" }),
});

/** Lets a paused or killed key work again; what an admin stopped only an admin resumes. */
export const resume = mutation({
  args: { apiKeyId: v.id("apiKeys") },
  returns: v.null(),
  handler: async (ctx, { apiKeyId }) =>
    await changeKeyState(ctx, await requireMember(ctx, "member"), { apiKeyId, change: "resume" }),
});

/** Ends a key for good; its next request is refused and running ones end within seconds. */
export const revoke = mutation({
  args: { apiKeyId: v.id("apiKeys") },
  returns: v.null(),
  handler: async (ctx, { apiKeyId }) =>
    await changeKeyState(ctx, await requireMember(ctx, "member"), { apiKeyId, change: "revoke" }),
});
