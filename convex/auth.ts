import { convexAuth } from "@convex-dev/auth/server";
import { ConvexError } from "convex/values";
import type { Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { acceptInvite } from "./invites";
import { passwordProvider } from "./passwordProvider";

export const { auth, signIn, signOut, store, isAuthenticated } = convexAuth({
  providers: [passwordProvider],
  callbacks: { createOrUpdateUser, beforeSessionCreation },
});

/** Runs in the mutation that creates the account: the invite is used up exactly when the member exists. */
async function createOrUpdateUser(
  ctx: MutationCtx,
  { existingUserId, profile }: { existingUserId: Id<"users"> | null; profile: Record<string, unknown> },
): Promise<Id<"users">> {
  if (existingUserId !== null) return existingUserId;
  const { email, inviteTokenHash } = profile;
  if (typeof email !== "string" || typeof inviteTokenHash !== "string") {
    throw new ConvexError({ code: "inviteRequired", message: "Signing up needs an invite." });
  }
  return await acceptInvite(ctx, { tokenHash: inviteTokenHash, email, now: Date.now() });
}

async function beforeSessionCreation(ctx: MutationCtx, { userId }: { userId: Id<"users"> }): Promise<void> {
  const member = await ctx.db
    .query("members")
    .withIndex("by_userId", (q) => q.eq("userId", userId))
    .unique();
  if (member === null || member.removedAt !== undefined) {
    throw new ConvexError({ code: "forbidden", message: "This account was removed by an owner." });
  }
}
