import { Password } from "@convex-dev/auth/providers/Password";
import { createAccount, retrieveAccount } from "@convex-dev/auth/server";
import { ConvexError, type Value } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import type { ActionCtx } from "./_generated/server";
import { hashLinkToken } from "./model/linkToken";
import { normalizeEmail } from "./model/normalizeEmail";

const PASSWORD_CHARACTERS_MIN = 12;
const PASSWORD_CHARACTERS_MAX = 1000;

type Params = Partial<Record<string, Value>>;
type Refused = { code: string; message: string };

/**
 * Convex Auth's Password with our own flows: sign-up needs an invite, and every refusal is a ConvexError `{code, message}`.
 * Password lets its configuration override `authorize` and keeps its Scrypt. `authorize` runs in an action, so an
 * invite's token is hashed before any mutation sees it.
 */
export const PASSWORD_PROVIDER = "password";
const configuration = { id: PASSWORD_PROVIDER, authorize };
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
  const inviteTokenHash = await hashLinkToken(token);
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

/** A password that is long enough. Throws ConvexError `invalidPassword`. */
export function requirePassword(password: Value | undefined): string {
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
  const password = typeof params.password === "string" ? params.password : "";
  const otherwise = new ConvexError({ code: "invalidCredentials", message: "E-mail or password is wrong." });
  return await verifyPassword(ctx, { email, password, otherwise });
}

/**
 * Whose password this is. Guesses are limited per account: throws ConvexError `tooManyAttempts`. Throws `otherwise` for a
 * wrong password and for an unknown address alike.
 */
export async function verifyPassword(
  ctx: ActionCtx,
  { email, password, otherwise }: { email: string; password: string; otherwise: ConvexError<Refused> },
): Promise<{ userId: Id<"users"> }> {
  try {
    const { user } = await retrieveAccount(ctx, {
      provider: configuration.id,
      account: { id: email, secret: password },
    });
    return { userId: user._id };
  } catch (error) {
    throw passwordError(error, otherwise);
  }
}

/** Convex Auth throws its result code as the message. */
function passwordError(error: unknown, otherwise: ConvexError<Refused>): unknown {
  const code = error instanceof Error ? error.message : null;
  if (code === "TooManyFailedAttempts") {
    return new ConvexError({
      code: "tooManyAttempts",
      message: "Too many failed attempts for this account. Wait six minutes and try again.",
    });
  }
  return code === "InvalidAccountId" || code === "InvalidSecret" ? otherwise : error;
}
