import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";

/** Ends the sessions of a user: their tokens are refused from this commit on, see `requireMember`. */
export async function endSessions(
  ctx: MutationCtx,
  userId: Id<"users">,
  except: Id<"authSessions">[] = [],
): Promise<void> {
  await ctx.runMutation(internal.auth.store, { args: { type: "invalidateSessions", userId, except } });
}
