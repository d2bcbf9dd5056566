import { ConvexError, type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import {
  type ActionCtx,
  internalQuery,
  type MutationCtx,
  mutation,
  type QueryCtx,
  query,
} from "./_generated/server";
import { recordAudit } from "./auditLog";
import { deleteLinksMadeBy, endAccess, revokeKeys } from "./memberAccess";
import { hasRole } from "./model/hasRole";
import { type Role, vRole } from "./model/validators";

/** Owns keys made from the command line while nobody has accepted the owner's invite. It cannot sign in. */
export const OPERATOR_NAME = "command line";

const vMember = v.object({ memberId: v.id("members"), email: v.string(), role: vRole });
export type Member = Infer<typeof vMember>;

/**
 * The signed-in member; the first line of every public query and mutation.
 * Throws ConvexError `unauthenticated` without one and `forbidden` below the minimum role.
 */
export async function requireMember(ctx: QueryCtx, minimumRole: Role = "viewer"): Promise<Doc<"members">> {
  return requireRole(await signedInMember(ctx), minimumRole);
}

/** `requireMember` for actions, which cannot read the database themselves. */
export async function requireMemberInAction(ctx: ActionCtx, minimumRole: Role = "viewer"): Promise<Member> {
  const identity = await ctx.auth.getUserIdentity();
  const member: Member | null =
    identity === null
      ? null
      : await ctx.runQuery(internal.members.getBySubject, { subject: identity.subject });
  return requireRole(member, minimumRole);
}

function requireRole<M extends { role: Role }>(member: M | null, minimumRole: Role): M {
  if (member === null) {
    throw new ConvexError({ code: "unauthenticated", message: "Sign in to do this." });
  }
  if (!hasRole(member.role, minimumRole)) {
    throw new ConvexError({
      code: "forbidden",
      message: `This needs the role ${minimumRole}; yours is ${member.role}.`,
    });
  }
  return member;
}

async function signedInMember(ctx: QueryCtx): Promise<Doc<"members"> | null> {
  const identity = await ctx.auth.getUserIdentity();
  return identity === null ? null : await memberOfSubject(ctx, identity.subject);
}

/**
 * The member of a token's `sub` claim, Convex Auth's `userId|sessionId`. Tokens outlive their session by up to an hour: what
 * counts is whether the session still exists.
 */
async function memberOfSubject(ctx: QueryCtx, subject: string): Promise<Doc<"members"> | null> {
  const [userPart = "", sessionPart = ""] = subject.split("|");
  const userId = ctx.db.normalizeId("users", userPart);
  const sessionId = ctx.db.normalizeId("authSessions", sessionPart);
  const session = sessionId === null ? null : await ctx.db.get("authSessions", sessionId);
  if (userId === null || session?.userId !== userId) return null;
  const member = await ctx.db
    .query("members")
    .withIndex("by_userId", (q) => q.eq("userId", userId))
    .unique();
  return member === null || member.removedAt !== undefined ? null : member;
}

/** The member that a verified session token's `sub` claim stands for. */
export const getBySubject = internalQuery({
  args: { subject: v.string() },
  returns: v.union(v.null(), vMember),
  handler: async (ctx, { subject }) => {
    const member = await memberOfSubject(ctx, subject);
    return member === null ? null : toMember(member);
  },
});

/** Who is signed in; null for everybody else. */
export const viewer = query({
  args: {},
  returns: v.union(v.null(), vMember),
  handler: async (ctx) => {
    const member = await signedInMember(ctx);
    return member === null ? null : toMember(member);
  },
});

const vListedMember = vMember.extend({
  joinedAt: v.number(),
  /** The owner of keys made on the command line before there was an owner; nobody signs in as it. */
  isOperator: v.boolean(),
});

/** All members that were not removed, by e-mail; for admins and owners. */
export const list = query({
  args: {},
  returns: v.array(vListedMember),
  handler: async (ctx) => {
    await requireMember(ctx, "admin");
    const members: Infer<typeof vListedMember>[] = [];
    for await (const member of ctx.db.query("members").withIndex("by_email")) {
      if (member.removedAt !== undefined) continue;
      const { _creationTime: joinedAt, email } = member;
      members.push({ ...toMember(member), joinedAt, isOperator: email === OPERATOR_NAME });
    }
    return members;
  },
});

function toMember({ _id, email, role }: Doc<"members">): Member {
  return { memberId: _id, email, role };
}

/** Gives a member another role; for owners. A viewer has no keys: those they had are revoked. Throws `lastOwner`. */
export const changeRole = mutation({
  args: { memberId: v.id("members"), role: vRole },
  returns: v.null(),
  handler: async (ctx, { memberId, role }) => {
    const owner = await requireMember(ctx, "owner");
    const member = await requirePerson(ctx, memberId);
    if (role === member.role) return null;
    if (role !== "owner") {
      await keepAnOwner(ctx, member);
      await deleteLinksMadeBy(ctx, memberId);
    }
    if (!hasRole(role, "member")) await revokeKeys(ctx, memberId);
    await ctx.db.patch("members", memberId, { role });
    await recordAudit(ctx, owner, {
      action: "member.setRole",
      targetId: memberId,
      target: member.email,
      before: { role: member.role },
      after: { role },
    });
    return null;
  },
});

/**
 * Ends a member's sessions, keys, running requests and links, in one transaction; for owners. Their chats and their rows of
 * the usage log stay, and a new invite to the same address brings them back. Throws `lastOwner`.
 */
export const remove = mutation({
  args: { memberId: v.id("members") },
  returns: v.null(),
  handler: async (ctx, { memberId }) => {
    const owner = await requireMember(ctx, "owner");
    const member = await requirePerson(ctx, memberId);
    await keepAnOwner(ctx, member);
    await ctx.db.patch("members", memberId, { removedAt: Date.now() });
    await endAccess(ctx, member);
    const { email, role } = member;
    await recordAudit(ctx, owner, {
      action: "member.remove",
      targetId: memberId,
      target: email,
      before: { role },
    });
    return null;
  },
});

async function requirePerson(ctx: QueryCtx, memberId: Id<"members">): Promise<Doc<"members">> {
  const member = await ctx.db.get("members", memberId);
  if (member === null || member.removedAt !== undefined || member.email === OPERATOR_NAME) {
    throw new ConvexError({ code: "notFound", message: "There is no such member." });
  }
  return member;
}

async function keepAnOwner(ctx: MutationCtx, leaving: Doc<"members">): Promise<void> {
  if (leaving.role !== "owner" || (await anyOwner(ctx, leaving._id)) !== null) return;
  throw new ConvexError({
    code: "lastOwner",
    message: `${leaving.email} is the only owner. Make somebody else an owner first.`,
  });
}

/** The first owner who was not removed, `exceptId` left out; null when there is none. */
export async function anyOwner(ctx: QueryCtx, exceptId?: Id<"members">): Promise<Doc<"members"> | null> {
  for await (const owner of ctx.db.query("members").withIndex("by_role", (q) => q.eq("role", "owner"))) {
    if (owner._id !== exceptId && owner.removedAt === undefined) return owner;
  }
  return null;
}

/** The member of a normalized e-mail address, a removed one too. */
export async function memberOfEmail(ctx: QueryCtx, email: string): Promise<Doc<"members"> | null> {
  return await ctx.db
    .query("members")
    .withIndex("by_email", (q) => q.eq("email", email))
    .first();
}
