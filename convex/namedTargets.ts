import { ConvexError } from "convex/values";
import type { Id } from "./_generated/dataModel";
import type { QueryCtx } from "./_generated/server";
import type { Target } from "./limitTargets";
import { memberOfEmail } from "./members";
import type { Scope } from "./model/limits";

const KEYS_READ_MAX = 5_000;

/** The key that an operator means by its id or its name; usable ones win over revoked ones. */
export async function keyNamed(ctx: QueryCtx, name: string): Promise<Id<"apiKeys">> {
  const byId = ctx.db.normalizeId("apiKeys", name);
  if (byId !== null && (await ctx.db.get("apiKeys", byId))) return byId;
  const keys = await ctx.db.query("apiKeys").order("desc").take(KEYS_READ_MAX);
  const named = keys.filter((key) => key.name === name);
  const usable = named.filter((key) => key.revokedAt === undefined);
  const found = usable.length > 0 ? usable : named;
  const [key] = found;
  if (!key) throw notFound(`There is no key named ${name}.`);
  if (found.length > 1) {
    const ids = found.map(({ _id, lastFour }) => `${_id} (…${lastFour})`).join(", ");
    throw notFound(`${found.length} keys are named ${name}; name one by its id: ${ids}.`);
  }
  return key._id;
}

/** The key, member (by e-mail address or id) or gateway that an operator means. */
export async function targetNamed(ctx: QueryCtx, scope: Scope, name: string): Promise<Target> {
  if (scope === "gateway") return { scope };
  if (scope === "key") return { scope, apiKeyId: await keyNamed(ctx, name) };
  const memberId = ctx.db.normalizeId("members", name);
  if (memberId !== null) return { scope, memberId };
  const member = await memberOfEmail(ctx, name);
  if (!member) throw notFound(`There is no member ${name}.`);
  return { scope, memberId: member._id };
}

function notFound(message: string): ConvexError<{ code: string; message: string }> {
  return new ConvexError({ code: "notFound", message });
}
