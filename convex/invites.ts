import { ConvexError, v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import { internalMutation, internalQuery, type MutationCtx, type QueryCtx, query } from "./_generated/server";
import { hashInviteToken } from "./model/inviteToken";
import { normalizeEmail } from "./model/normalizeEmail";
import { vRole } from "./model/validators";

/** What an invite's holder may know; null when it is unknown, used or expired. The token is the credential. */
export const check = query({
  args: { token: v.string(), now: v.number() },
  returns: v.union(v.null(), v.object({ email: v.string(), role: vRole, expiresAt: v.number() })),
  handler: async (ctx, { token, now }) => {
    const invite = await openInvite(ctx, await hashInviteToken(token), now);
    return invite === null ? null : { email: invite.email, role: invite.role, expiresAt: invite.expiresAt };
  },
});

/** Records an invite; it replaces the open ones for the same address. Throws ConvexError `invalidEmail` or `alreadyMember`. */
export const create = internalMutation({
  args: {
    tokenHash: v.string(),
    email: v.string(),
    role: vRole,
    expiresAt: v.number(),
    createdByMemberId: v.optional(v.id("members")),
  },
  returns: v.id("invites"),
  handler: async (ctx, args) => {
    const email = normalizeEmail(args.email);
    if (email === null) {
      throw new ConvexError({ code: "invalidEmail", message: `"${args.email}" is not an e-mail address.` });
    }
    await refuseKnownEmail(ctx, email);
    const earlier = ctx.db.query("invites").withIndex("by_email", (q) => q.eq("email", email));
    for await (const invite of earlier) {
      if (invite.acceptedAt === undefined) await ctx.db.delete("invites", invite._id);
    }
    return await ctx.db.insert("invites", { ...args, email });
  },
});

async function refuseKnownEmail(ctx: QueryCtx, email: string): Promise<void> {
  const member = await ctx.db
    .query("members")
    .withIndex("by_email", (q) => q.eq("email", email))
    .first();
  if (member === null) return;
  const state = member.removedAt === undefined ? "is a member already" : "belongs to a removed member";
  throw new ConvexError({ code: "alreadyMember", message: `${email} ${state}; no invite was made.` });
}

/** Whether anybody owns this gateway yet. */
export const hasOwner = internalQuery({
  args: {},
  returns: v.boolean(),
  handler: async (ctx) => {
    for await (const owner of ctx.db.query("members").withIndex("by_role", (q) => q.eq("role", "owner"))) {
      if (owner.removedAt === undefined) return true;
    }
    return false;
  },
});

/** Throws ConvexError `inviteRequired` or `accountExists` when this sign-up would be refused, before a password is looked at. */
export const checkSignUp = internalQuery({
  args: { tokenHash: v.string(), email: v.string(), now: v.number() },
  returns: v.null(),
  handler: async (ctx, args) => {
    await requireInvite(ctx, args);
    return null;
  },
});

/** Consumes an invite: creates its user and member. Call it inside the mutation that creates the account. */
export async function acceptInvite(
  ctx: MutationCtx,
  args: { tokenHash: string; email: string; now: number },
): Promise<Id<"users">> {
  const invite = await requireInvite(ctx, args);
  const userId = await ctx.db.insert("users", { email: invite.email });
  await ctx.db.insert("members", { userId, email: invite.email, role: invite.role });
  await ctx.db.patch("invites", invite._id, { acceptedAt: args.now });
  return userId;
}

async function requireInvite(
  ctx: QueryCtx,
  { tokenHash, email, now }: { tokenHash: string; email: string; now: number },
): Promise<Doc<"invites">> {
  const invite = await openInvite(ctx, tokenHash, now);
  if (invite === null) {
    throw new ConvexError({
      code: "inviteRequired",
      message: "This invite is unknown, used or expired. Ask an owner for another one.",
    });
  }
  if (invite.email !== email) {
    throw new ConvexError({ code: "inviteRequired", message: "This invite is for another e-mail address." });
  }
  const account = await ctx.db
    .query("authAccounts")
    .withIndex("providerAndAccountId", (q) => q.eq("provider", "password").eq("providerAccountId", email))
    .unique();
  if (account !== null) {
    throw new ConvexError({ code: "accountExists", message: `${email} has an account already. Sign in.` });
  }
  return invite;
}

async function openInvite(ctx: QueryCtx, tokenHash: string, now: number): Promise<Doc<"invites"> | null> {
  const invite = await ctx.db
    .query("invites")
    .withIndex("by_tokenHash", (q) => q.eq("tokenHash", tokenHash))
    .unique();
  const isOpen = invite !== null && invite.acceptedAt === undefined && invite.expiresAt > now;
  return isOpen ? invite : null;
}
