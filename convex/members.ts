import { getAuthUserId } from "@convex-dev/auth/server";
import { ConvexError, type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { type ActionCtx, internalQuery, type QueryCtx, query } from "./_generated/server";
import { hasRole } from "./model/hasRole";
import { type Role, vRole } from "./model/validators";

const vMember = v.object({ memberId: v.id("members"), email: v.string(), role: vRole });
export type Member = Infer<typeof vMember>;

/**
 * The signed-in member; the first line of every public query and mutation.
 * Throws ConvexError `unauthenticated` without one and `forbidden` below the minimum role.
 */
export async function requireMember(ctx: QueryCtx, minimumRole: Role = "viewer"): Promise<Doc<"members">> {
  const userId = await getAuthUserId(ctx);
  return requireRole(userId === null ? null : await memberOfUser(ctx, userId), minimumRole);
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

async function memberOfUser(ctx: QueryCtx, userId: Id<"users">): Promise<Doc<"members"> | null> {
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
    const [userPart = ""] = subject.split("|"); // Convex Auth's subject is `userId|sessionId`.
    const userId = ctx.db.normalizeId("users", userPart);
    const member = userId === null ? null : await memberOfUser(ctx, userId);
    return member === null ? null : toMember(member);
  },
});

/** Who is signed in; null for everybody else. */
export const viewer = query({
  args: {},
  returns: v.union(v.null(), vMember),
  handler: async (ctx) => {
    const userId = await getAuthUserId(ctx);
    const member = userId === null ? null : await memberOfUser(ctx, userId);
    return member === null ? null : toMember(member);
  },
});

/** All members that were not removed, by e-mail; for admins and owners. */
export const list = query({
  args: {},
  returns: v.array(vMember),
  handler: async (ctx) => {
    await requireMember(ctx, "admin");
    const members: Member[] = [];
    for await (const member of ctx.db.query("members").withIndex("by_email")) {
      if (member.removedAt === undefined) members.push(toMember(member));
    }
    return members;
  },
});

function toMember({ _id, email, role }: Doc<"members">): Member {
  return { memberId: _id, email, role };
}
