import { ConvexError } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { announce } from "./announce";
import { recordAudit } from "./auditLog";
import { type Actor, changeableKey } from "./limitTargets";
import { hasRole } from "./model/hasRole";

export type KeyChange = "pause" | "kill" | "resume" | "revoke";
type KeyState = Pick<Doc<"apiKeys">, "pausedAt" | "killedAt" | "revokedAt" | "stoppedByMemberId">;

/**
 * Pauses, kills, resumes or revokes a key. It writes the key's own row only, which requests read but never write, so it
 * succeeds at once however busy the key is.
 */
export async function changeKeyState(
  ctx: MutationCtx,
  actor: Actor,
  { apiKeyId, change }: { apiKeyId: Id<"apiKeys">; change: KeyChange },
): Promise<null> {
  const key = await changeableKey(ctx, apiKeyId, actor);
  const { pausedAt, killedAt, revokedAt, stoppedByMemberId } = key;
  const after = nextState(key, { change, actor, now: Date.now() });
  if (after === null) return null;
  await ctx.db.patch("apiKeys", apiKeyId, after);
  await recordAudit(ctx, actor, {
    action: `key.${change}`,
    targetId: apiKeyId,
    target: key.name,
    before: { pausedAt, killedAt, revokedAt, stoppedByMemberId },
    after: { pausedAt, killedAt, revokedAt, ...after },
  });
  if (change === "revoke") {
    await announce(ctx, "key.revoked", { key: { id: apiKeyId, name: key.name, last_four: key.lastFour } });
  }
  return null;
}

/** The fields that change; null when nothing does. */
function nextState(
  key: Doc<"apiKeys">,
  { change, actor, now }: { change: KeyChange; actor: Actor; now: number },
): Partial<KeyState> | null {
  if (key.revokedAt !== undefined) {
    if (change === "revoke") return null;
    throw new ConvexError({ code: "keyRevoked", message: `${key.name} was revoked, which is final.` });
  }
  const stoppedByMemberId = actor?._id;
  switch (change) {
    case "revoke":
      return { revokedAt: now };
    case "pause":
      return key.pausedAt === undefined ? { pausedAt: now, stoppedByMemberId } : null;
    case "kill":
      return key.killedAt === undefined
        ? { pausedAt: key.pausedAt ?? now, killedAt: now, stoppedByMemberId }
        : null;
    case "resume":
      if (key.pausedAt === undefined) return null;
      if (actor && actor._id !== key.stoppedByMemberId && !hasRole(actor.role, "admin")) {
        throw new ConvexError({
          code: "forbidden",
          message: `${key.name} was stopped by somebody else; an owner or admin can resume it.`,
        });
      }
      return { pausedAt: undefined, killedAt: undefined, stoppedByMemberId: undefined };
  }
}
