import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import {
  type ActionCtx,
  action,
  internalMutation,
  internalQuery,
  type MutationCtx,
  mutation,
  type QueryCtx,
  query,
} from "./_generated/server";
import { recordAudit } from "./auditLog";
import { anyOwner, memberOfEmail, requireMember, requireMemberInAction } from "./members";
import { hashLinkToken, newLinkToken } from "./model/linkToken";
import { normalizeEmail } from "./model/normalizeEmail";
import { type Role, vRole } from "./model/validators";
import { webLink } from "./webLink";

const DAY_MS = 24 * 60 * 60 * 1000;
const INVITE_DAYS = 7;
const LISTED_MAX = 200;

/** What an invite's holder may know; null when it is unknown, used or expired. The token is the credential. */
export const check = query({
  args: { token: v.string(), now: v.number() },
  returns: v.union(v.null(), v.object({ email: v.string(), role: vRole, expiresAt: v.number() })),
  handler: async (ctx, { token, now }) => {
    const invite = await openInvite(ctx, await hashLinkToken(token), now);
    return invite === null ? null : { email: invite.email, role: invite.role, expiresAt: invite.expiresAt };
  },
});

const vOpenInvite = v.object({
  inviteId: v.id("invites"),
  email: v.string(),
  role: vRole,
  expiresAt: v.number(),
});

/** Invites that nobody has accepted yet, newest first, expired ones too; for owners. Never a link. */
export const list = query({
  args: {},
  returns: v.array(vOpenInvite),
  handler: async (ctx) => {
    await requireMember(ctx, "owner");
    const open = [];
    for (const invite of await ctx.db.query("invites").order("desc").take(LISTED_MAX)) {
      const { _id: inviteId, email, role, expiresAt } = invite;
      if (invite.acceptedAt === undefined) open.push({ inviteId, email, role, expiresAt });
    }
    return open;
  },
});

/** An invite link, good once, for 7 days; for owners. The link is in this answer and nowhere else. */
export const create = action({
  args: { email: v.string(), role: vRole },
  returns: v.object({ url: v.string() }),
  handler: async (ctx, args): Promise<{ url: string }> => {
    const { memberId } = await requireMemberInAction(ctx, "owner");
    return await createInviteLink(ctx, { ...args, createdByMemberId: memberId });
  },
});

/** Makes the link. Call it in actions only: Convex keeps what mutations are given and return. */
export async function createInviteLink(
  ctx: ActionCtx,
  invite: { email: string; role: Role; createdByMemberId?: Id<"members"> },
): Promise<{ url: string }> {
  const token = newLinkToken();
  const url = webLink(`/invite/${token}`);
  const expiresAt = Date.now() + INVITE_DAYS * DAY_MS;
  await ctx.runMutation(internal.invites.insert, {
    ...invite,
    tokenHash: await hashLinkToken(token),
    expiresAt,
  });
  return { url };
}

/** Makes an invite's link useless; for owners. Idempotent. */
export const revoke = mutation({
  args: { inviteId: v.id("invites") },
  returns: v.null(),
  handler: async (ctx, { inviteId }) => {
    const owner = await requireMember(ctx, "owner");
    const invite = await ctx.db.get("invites", inviteId);
    if (invite === null || invite.acceptedAt !== undefined) return null;
    await ctx.db.delete("invites", inviteId);
    const { email, role } = invite;
    await recordAudit(ctx, owner, {
      action: "invite.revoke",
      targetId: inviteId,
      target: email,
      before: { role },
    });
    return null;
  },
});

/** Records an invite; it replaces the open ones for the same address. Throws ConvexError `invalidEmail` or `alreadyMember`. */
export const insert = internalMutation({
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
    const inviteId = await ctx.db.insert("invites", { ...args, email });
    const { createdByMemberId, role, expiresAt } = args;
    const maker = createdByMemberId ? await ctx.db.get("members", createdByMemberId) : null;
    await recordAudit(ctx, maker, {
      action: "invite.create",
      targetId: inviteId,
      target: email,
      after: { role, expiresAt },
    });
    return inviteId;
  },
});

async function refuseKnownEmail(ctx: QueryCtx, email: string): Promise<void> {
  const member = await memberOfEmail(ctx, email);
  if (member === null || member.removedAt !== undefined) return;
  throw new ConvexError({
    code: "alreadyMember",
    message: `${email} is a member already; no invite was made.`,
  });
}

/** Whether anybody owns this gateway yet. */
export const hasOwner = internalQuery({
  args: {},
  returns: v.boolean(),
  handler: async (ctx) => (await anyOwner(ctx)) !== null,
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

/** Consumes an invite: creates its user and member, or brings a removed member back. Call it inside the mutation that creates the account. */
export async function acceptInvite(
  ctx: MutationCtx,
  args: { tokenHash: string; email: string; now: number },
): Promise<Id<"users">> {
  const invite = await requireInvite(ctx, args);
  await ctx.db.patch("invites", invite._id, { acceptedAt: args.now });
  const { email, role } = invite;
  const member = await memberOfEmail(ctx, email);
  if (member !== null) {
    await ctx.db.patch("members", member._id, { role, removedAt: undefined });
    return member.userId;
  }
  const userId = await ctx.db.insert("users", { email });
  await ctx.db.insert("members", { userId, email, role });
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
