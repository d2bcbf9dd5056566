import type { Doc, Id } from "./_generated/dataModel";
import type { QueryCtx } from "./_generated/server";
import { isMetered, type MeterLimits, type Scope } from "./model/limits";
import { readSettingsRow } from "./settings";

/** Somebody with limits, and the meters that count what they use. */
export interface MeteredScope {
  scope: Scope;
  limits: MeterLimits;
  meterIds: Id<"meters">[];
  apiKeyId?: Id<"apiKeys">;
  memberId?: Id<"members">;
}

export function keyScope(key: Doc<"apiKeys">): MeteredScope[] {
  const { _id: apiKeyId, limits, meterIds } = key;
  return meterIds ? [{ scope: "key", limits, meterIds, apiKeyId }] : [];
}

export function memberScope(member: Doc<"members">): MeteredScope[] {
  const { _id: memberId, limits, meterIds } = member;
  return limits && meterIds ? [{ scope: "member", limits, meterIds, memberId }] : [];
}

export function gatewayScope(settings: Doc<"settings"> | null): MeteredScope[] {
  const meterIds = settings?.meterIds;
  return settings?.limits && meterIds
    ? [{ scope: "gateway", limits: meteredGatewayLimits(settings.limits), meterIds }]
    : [];
}

/** The gateway's limits that meters hold: its requests at once are slots, counted on the rows themselves. */
export function meteredGatewayLimits(limits: MeterLimits): MeterLimits {
  const { concurrentRequests: _slots, ...metered } = limits;
  return isMetered(metered) ? metered : {};
}

/** Whose meter it is, with the limits in force now; nobody's when the limits are gone. */
export async function scopeOfMeter(ctx: QueryCtx, meter: Doc<"meters">): Promise<MeteredScope | null> {
  const [scope] = await scopesOf(ctx, meter);
  return scope?.meterIds.includes(meter._id) ? scope : null;
}

async function scopesOf(ctx: QueryCtx, { apiKeyId, memberId }: Doc<"meters">): Promise<MeteredScope[]> {
  if (apiKeyId) {
    const key = await ctx.db.get("apiKeys", apiKeyId);
    return key ? keyScope(key) : [];
  }
  if (memberId) {
    const member = await ctx.db.get("members", memberId);
    return member ? memberScope(member) : [];
  }
  return gatewayScope(await readSettingsRow(ctx));
}

/** What a scope is called in `budgetEvents`. */
export function subjectOf({ apiKeyId, memberId }: Pick<MeteredScope, "apiKeyId" | "memberId">): string {
  return apiKeyId ?? memberId ?? "gateway";
}
