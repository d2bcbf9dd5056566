import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { type ActionCtx, action, internalMutation, type QueryCtx, query } from "./_generated/server";
import { recordAudit } from "./auditLog";
import { memberOfEmail, requireMemberInAction } from "./members";
import { hashLinkToken, newLinkToken } from "./model/linkToken";
import { normalizeEmail } from "./model/normalizeEmail";
import { PASSWORD_PROVIDER, requirePassword } from "./passwordProvider";
import { setPassword } from "./passwords";
import { endSessions } from "./sessions";
import { webLink } from "./webLink";

const RESET_HOURS = 24;
const HOUR_MS = 60 * 60 * 1000;
const DELETE_BATCH = 100;

/** What a reset link's holder may know; null when it is unknown, used or expired. The token is the credential. */
export const check = query({
  args: { token: v.string(), now: v.number() },
  returns: v.union(v.null(), v.object({ email: v.string(), expiresAt: v.number() })),
  handler: async (ctx, { token, now }) => {
    const open = await openReset(ctx, await hashLinkToken(token), now);
    return open && { email: open.member.email, expiresAt: open.reset.expiresAt };
  },
});

/** A link with which a member sets another password: good once, for 24 hours. For owners. */
export const create = action({
  args: { email: v.string() },
  returns: v.object({ url: v.string() }),
  handler: async (ctx, { email }): Promise<{ url: string }> => {
    const { memberId } = await requireMemberInAction(ctx, "owner");
    return await createResetLink(ctx, email, memberId);
  },
});

/** Makes the link. Call it in actions only: Convex keeps what mutations are given and return. */
export async function createResetLink(
  ctx: ActionCtx,
  email: string,
  createdByMemberId?: Id<"members">,
): Promise<{ url: string }> {
  const token = newLinkToken();
  const url = webLink(`/reset/${token}`);
  await ctx.runMutation(internal.passwordResets.insert, {
    tokenHash: await hashLinkToken(token),
    email,
    expiresAt: Date.now() + RESET_HOURS * HOUR_MS,
    createdByMemberId,
  });
  return { url };
}

/** Records a reset; it replaces the member's earlier ones. Throws ConvexError `notFound`. */
export const insert = internalMutation({
  args: {
    tokenHash: v.string(),
    email: v.string(),
    expiresAt: v.number(),
    createdByMemberId: v.optional(v.id("members")),
  },
  returns: v.id("passwordResets"),
  handler: async (ctx, { email, ...args }) => {
    const member = await memberOfEmail(ctx, normalizeEmail(email) ?? email);
    if (member === null || member.removedAt !== undefined || !(await passwordAccount(ctx, member))) {
      throw new ConvexError({ code: "notFound", message: `There is no member ${email} with a password.` });
    }
    const earlier = ctx.db
      .query("passwordResets")
      .withIndex("by_memberId", (q) => q.eq("memberId", member._id));
    for await (const reset of earlier) await ctx.db.delete("passwordResets", reset._id);
    const resetId = await ctx.db.insert("passwordResets", { ...args, memberId: member._id });
    const { createdByMemberId, expiresAt } = args;
    const maker = createdByMemberId ? await ctx.db.get("members", createdByMemberId) : null;
    await recordAudit(ctx, maker, {
      action: "passwordReset.create",
      targetId: member._id,
      target: member.email,
      after: { expiresAt },
    });
    return resetId;
  },
});

/** Sets the password of whom the link was made for, and ends all their sessions. The caller signs in afterwards. */
export const redeem = action({
  args: { token: v.string(), newPassword: v.string() },
  returns: v.object({ email: v.string() }),
  handler: async (ctx, { token, newPassword }): Promise<{ email: string }> => {
    requirePassword(newPassword); // A short one must not cost the link.
    const tokenHash = await hashLinkToken(token);
    const email: string = await ctx.runMutation(internal.passwordResets.consume, { tokenHash });
    await setPassword(ctx, email, newPassword);
    return { email };
  },
});

/** Uses a reset up, ends the member's sessions and forgets failed attempts. Throws ConvexError `resetRequired`. */
export const consume = internalMutation({
  args: { tokenHash: v.string() },
  returns: v.string(),
  handler: async (ctx, { tokenHash }) => {
    const open = await openReset(ctx, tokenHash, Date.now());
    if (open === null) {
      throw new ConvexError({
        code: "resetRequired",
        message: "This link is unknown, used or expired. Ask an owner for another one.",
      });
    }
    const { reset, member } = open;
    await ctx.db.delete("passwordResets", reset._id);
    await endSessions(ctx, member.userId);
    const account = await passwordAccount(ctx, member);
    const attempts = await ctx.db
      .query("authRateLimits")
      .withIndex("identifier", (q) => q.eq("identifier", account?._id ?? ""))
      .unique();
    if (attempts !== null) await ctx.db.delete("authRateLimits", attempts._id);
    await recordAudit(ctx, member, {
      action: "passwordReset.use",
      targetId: member._id,
      target: member.email,
    });
    return member.email;
  },
});

async function openReset(
  ctx: QueryCtx,
  tokenHash: string,
  now: number,
): Promise<{ reset: Doc<"passwordResets">; member: Doc<"members"> } | null> {
  const reset = await ctx.db
    .query("passwordResets")
    .withIndex("by_tokenHash", (q) => q.eq("tokenHash", tokenHash))
    .unique();
  if (reset === null || reset.expiresAt <= now) return null;
  const member = await ctx.db.get("members", reset.memberId);
  return member === null || member.removedAt !== undefined ? null : { reset, member };
}

async function passwordAccount(
  ctx: QueryCtx,
  { userId }: Doc<"members">,
): Promise<Doc<"authAccounts"> | null> {
  return await ctx.db
    .query("authAccounts")
    .withIndex("userIdAndProvider", (q) => q.eq("userId", userId).eq("provider", PASSWORD_PROVIDER))
    .unique();
}

/** Deletes links that expired unused, a batch a transaction. */
export const deleteExpired = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const expired = await ctx.db
      .query("passwordResets")
      .withIndex("by_expiresAt", (q) => q.lt("expiresAt", Date.now()))
      .take(DELETE_BATCH);
    for (const reset of expired) await ctx.db.delete("passwordResets", reset._id);
    if (expired.length === DELETE_BATCH) {
      await ctx.scheduler.runAfter(0, internal.passwordResets.deleteExpired, {});
    }
    return null;
  },
});
