import { Password } from "@convex-dev/auth/providers/Password";
import { createAccount, retrieveAccount } from "@convex-dev/auth/server";
import { ConvexError, type Value } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import type { ActionCtx } from "./_generated/server";
import { hashInviteToken } from "./model/inviteToken";
import { normalizeEmail } from "./model/normalizeEmail";

const PASSWORD_CHARACTERS_MIN = 12;
const PASSWORD_CHARACTERS_MAX = 1000;

type Params = Partial<Record<string, Value>>;

/**
 * Convex Auth's Password with our own flows: sign-up needs an invite, and every refusal is a ConvexError `{code, message}`.
 * Password lets its configuration override `authorize` and keeps its Scrypt. `authorize` runs in an action, so an
 * invite's token is hashed before any mutation sees it.
 */
const configuration = { id: "password", authorize };
export const passwordProvider = Password(configuration);

async function authorize(params: Params, ctx: ActionCtx): Promise<{ userId: Id<"users"> }> {
  const email = typeof params.email === "string" ? normalizeEmail(params.email) : null;
  if (email === null) throw new ConvexError({ code: "invalidEmail", message: "Enter an e-mail address." });
  if (params.flow === "signUp") return await signUp(ctx, email, params);
  if (params.flow === "signIn") return await signIn(ctx, email, params);
  throw new ConvexError({
    code: "invalidFlow",
    message: 'The parameter "flow" must be "signUp" or "signIn".',
  });
}

async function signUp(ctx: ActionCtx, email: string, params: Params): Promise<{ userId: Id<"users"> }> {
  const secret = requirePassword(params.password);
  const token = typeof params.inviteToken === "string" ? params.inviteToken : "";
  const inviteTokenHash = await hashInviteToken(token);
  // Without this check `createAccount` would try the password of an existing account, unlimited.
  await ctx.runQuery(internal.invites.checkSignUp, { tokenHash: inviteTokenHash, email, now: Date.now() });
  const profile = { email, inviteTokenHash }; // what the callback `createOrUpdateUser` receives
  const { user } = await createAccount(ctx, {
    provider: configuration.id,
    account: { id: email, secret },
    profile,
  });
  return { userId: user._id };
}

function requirePassword(password: Value | undefined): string {
  const characters = typeof password === "string" ? [...password].length : 0;
  if (characters < PASSWORD_CHARACTERS_MIN || characters > PASSWORD_CHARACTERS_MAX) {
    throw new ConvexError({
      code: "invalidPassword",
      message: `A password has ${PASSWORD_CHARACTERS_MIN} to ${PASSWORD_CHARACTERS_MAX} characters; this one has ${characters}.`,
    });
  }
  return String(password);
}

async function signIn(ctx: ActionCtx, email: string, params: Params): Promise<{ userId: Id<"users"> }> {
  const secret = typeof params.password === "string" ? params.password : "";
  try {
    const { user } = await retrieveAccount(ctx, {
      provider: configuration.id,
      account: { id: email, secret },
    });
    return { userId: user._id };
  } catch (error) {
    throw signInError(error);
  }
}

/** Convex Auth throws its result code as the message. An unknown address and a wrong password look the same. */
function signInError(error: unknown): unknown {
  const code = error instanceof Error ? error.message : null;
  if (code === "TooManyFailedAttempts") {
    return new ConvexError({
      code: "tooManyAttempts",
      message: "Too many failed attempts for this account. Wait six minutes and try again.",
    });
  }
  if (code === "InvalidAccountId" || code === "InvalidSecret") {
    return new ConvexError({ code: "invalidCredentials", message: "E-mail or password is wrong." });
  }
  return error;
}
