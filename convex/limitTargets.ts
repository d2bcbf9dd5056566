import { ConvexError, type Infer, v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import type { MutationCtx, QueryCtx } from "./_generated/server";
import {
  gatewayScope,
  keyScope,
  type MeteredScope,
  memberScope,
  meteredGatewayLimits,
} from "./meteredScopes";
import { hasRole } from "./model/hasRole";
import { isMetered, type MeterLimits } from "./model/limits";
import { newMeter, type Spent } from "./model/meter";
import { patchSettings, readSettingsRow } from "./settings";

/** Whose limits are meant. */
export const vTarget = v.union(
  v.object({ scope: v.literal("key"), apiKeyId: v.id("apiKeys") }),
  v.object({ scope: v.literal("member"), memberId: v.id("members") }),
  v.object({ scope: v.literal("gateway") }),
);
export type Target = Infer<typeof vTarget>;

/** Who changes something: a member, or with null the operator. */
export type Actor = Doc<"members"> | null;

/** What a target has now. */
export interface TargetState {
  name: string;
  limits: MeterLimits;
  metered: MeterLimits;
  meterIds?: Id<"meters">[];
  scopes: MeteredScope[];
}

/** A member may change what is theirs, admins and the operator everything; other ids answer as if they did not exist. */
export async function readTarget(ctx: QueryCtx, target: Target, actor: Actor): Promise<TargetState> {
  if (target.scope === "key") {
    const key = await changeableKey(ctx, target.apiKeyId, actor);
    const { name, limits, meterIds } = key;
    return { name, limits, metered: limits, meterIds, scopes: keyScope(key) };
  }
  if (actor && !hasRole(actor.role, "admin")) {
    throw new ConvexError({
      code: "forbidden",
      message: `This needs the role admin; yours is ${actor.role}.`,
    });
  }
  if (target.scope === "member") {
    const member = await ctx.db.get("members", target.memberId);
    if (!member || member.removedAt !== undefined) throw notFound("member");
    const { email, limits = {}, meterIds } = member;
    return { name: email, limits, metered: limits, meterIds, scopes: memberScope(member) };
  }
  const settings = await readSettingsRow(ctx);
  const limits = settings?.limits ?? {};
  const metered = meteredGatewayLimits(limits);
  return { name: "gateway", limits, metered, meterIds: settings?.meterIds, scopes: gatewayScope(settings) };
}

/** A key that the actor may change. */
export async function changeableKey(
  ctx: QueryCtx,
  apiKeyId: Id<"apiKeys">,
  actor: Actor,
): Promise<Doc<"apiKeys">> {
  const key = await ctx.db.get("apiKeys", apiKeyId);
  const isAllowed = actor === null || key?.memberId === actor._id || hasRole(actor.role, "admin");
  if (!key || !isAllowed) throw notFound("key");
  return key;
}

function notFound(noun: string): ConvexError<{ code: string; message: string }> {
  return new ConvexError({ code: "notFound", message: `There is no such ${noun}.` });
}

/** Stores limits with the meters that count for them; a member's reach the keys, so that admit need not look. */
export async function writeTarget(
  ctx: MutationCtx,
  target: Target,
  { limits, meterIds }: { limits: MeterLimits; meterIds: Id<"meters">[] | undefined },
): Promise<void> {
  if (target.scope === "key") {
    await ctx.db.patch("apiKeys", target.apiKeyId, { limits, meterIds });
  } else if (target.scope === "member") {
    const { memberId } = target;
    await ctx.db.patch("members", memberId, { limits, meterIds });
    const isMemberLimited = meterIds === undefined ? undefined : true;
    const keys = ctx.db.query("apiKeys").withIndex("by_memberId", (q) => q.eq("memberId", memberId));
    for await (const key of keys) {
      if (key.isMemberLimited !== isMemberLimited) {
        await ctx.db.patch("apiKeys", key._id, { isMemberLimited });
      }
    }
  } else {
    await patchSettings(ctx, { limits, meterIds });
  }
}

/** The meters that limits need: none, those that exist, or more; the first of all starts with what was spent before. */
export async function metersFor(
  ctx: MutationCtx,
  target: Target,
  needed: { limits: MeterLimits; meterIds?: Id<"meters">[]; shards: number; spent: Spent },
): Promise<Id<"meters">[] | undefined> {
  const { limits, meterIds = [], shards, spent } = needed;
  if (!isMetered(limits)) {
    for (const meterId of meterIds) await ctx.db.delete("meters", meterId);
    return undefined;
  }
  const owner = {
    ...(target.scope === "key" && { apiKeyId: target.apiKeyId }),
    ...(target.scope === "member" && { memberId: target.memberId }),
  };
  const all = [...meterIds];
  while (all.length < shards) {
    const meter = newMeter(Date.now(), all.length === 0 ? spent : undefined);
    all.push(await ctx.db.insert("meters", { ...owner, ...meter }));
  }
  return all;
}
