import type { Doc, Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { endSessions } from "./sessions";
import { runningRequests } from "./slots";

/** Takes everything from a member with which they, or a program of theirs, could still do something. */
export async function endAccess(ctx: MutationCtx, member: Doc<"members">): Promise<void> {
  await endSessions(ctx, member.userId);
  await revokeKeys(ctx, member._id);
  await stopRequests(ctx, member._id);
  await deleteLinksMadeBy(ctx, member._id);
  const resets = ctx.db.query("passwordResets").withIndex("by_memberId", (q) => q.eq("memberId", member._id));
  for await (const reset of resets) await ctx.db.delete("passwordResets", reset._id);
  const accounts = ctx.db
    .query("authAccounts")
    .withIndex("userIdAndProvider", (q) => q.eq("userId", member.userId));
  for await (const account of accounts) await ctx.db.delete("authAccounts", account._id);
}

/** Ends a member's keys for good; their running requests end within seconds. */
export async function revokeKeys(ctx: MutationCtx, memberId: Id<"members">): Promise<void> {
  const revokedAt = Date.now();
  for await (const key of ctx.db
    .query("apiKeys")
    .withIndex("by_memberId", (q) => q.eq("memberId", memberId))) {
    if (key.revokedAt === undefined) await ctx.db.patch("apiKeys", key._id, { revokedAt });
  }
}

/** An invite or a reset link is as good as the role of its maker: without it, it goes. */
export async function deleteLinksMadeBy(ctx: MutationCtx, memberId: Id<"members">): Promise<void> {
  const invites = ctx.db
    .query("invites")
    .withIndex("by_createdByMemberId", (q) => q.eq("createdByMemberId", memberId));
  for await (const invite of invites) {
    if (invite.acceptedAt === undefined) await ctx.db.delete("invites", invite._id);
  }
  const resets = ctx.db
    .query("passwordResets")
    .withIndex("by_createdByMemberId", (q) => q.eq("createdByMemberId", memberId));
  for await (const reset of resets) await ctx.db.delete("passwordResets", reset._id);
}

/** Chats and actions, which no key ends. Few requests run at any moment, so all running ones are looked at. */
async function stopRequests(ctx: MutationCtx, memberId: Id<"members">): Promise<void> {
  for await (const request of runningRequests(ctx)) {
    const isTheirs = request.memberId === memberId && request.apiKeyId === undefined;
    if (isTheirs && request.stopRequestedAt === undefined) {
      await ctx.db.patch("requests", request._id, { stopRequestedAt: Date.now() });
    }
  }
}
