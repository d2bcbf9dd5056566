import { getAuthSessionId, modifyAccountCredentials } from "@convex-dev/auth/server";
import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import { type ActionCtx, action, internalMutation } from "./_generated/server";
import { recordAudit } from "./auditLog";
import { requireMember, requireMemberInAction } from "./members";
import { PASSWORD_PROVIDER, requirePassword, verifyPassword } from "./passwordProvider";
import { endSessions } from "./sessions";

/** Changes the caller's password and ends their other sessions. Throws ConvexError `wrongPassword`, `invalidPassword` or `tooManyAttempts`. */
export const change = action({
  args: { currentPassword: v.string(), newPassword: v.string() },
  returns: v.null(),
  handler: async (ctx, { currentPassword, newPassword }) => {
    const { email } = await requireMemberInAction(ctx);
    const wrongPassword = new ConvexError({
      code: "wrongPassword",
      message: "The current password is not right.",
    });
    await verifyPassword(ctx, { email, password: currentPassword, otherwise: wrongPassword });
    await setPassword(ctx, email, newPassword);
    await ctx.runMutation(internal.passwords.endOtherSessions, {});
    return null;
  },
});

/** Gives an existing account another password. Throws ConvexError `invalidPassword`. */
export async function setPassword(ctx: ActionCtx, email: string, password: string): Promise<void> {
  const secret = requirePassword(password);
  await modifyAccountCredentials(ctx, { provider: PASSWORD_PROVIDER, account: { id: email, secret } });
}

/** Ends the change of a password: whoever knew the old password is out; the caller stays signed in. */
export const endOtherSessions = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const member = await requireMember(ctx);
    const { _id: targetId, email: target, userId } = member;
    const sessionId = await getAuthSessionId(ctx);
    await endSessions(ctx, userId, sessionId === null ? [] : [sessionId]);
    await recordAudit(ctx, member, { action: "password.change", targetId, target });
    return null;
  },
});
