import { type Infer, v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import type { MutationCtx, QueryCtx } from "./_generated/server";
import type { Decision, Refusal } from "./model/decision";
import { chargeMeter, isMetered, newMeter } from "./model/keyMeter";
import { isSameModel, type ModelPrice } from "./model/pricing";
import { inputTokensMax, vDemand, worstCaseNanoUsd } from "./model/reservation";
import { type Limits, vRequestSource, vSession } from "./model/validators";
import { monthStart } from "./model/windows";
import { priceOf } from "./prices";
import { readSettings } from "./settings";
import { countInUsage } from "./usageHours";

/** A running request that neither ends nor renews its lease for this long is settled by the cron. */
export const LEASE_MS = 60_000;
/** Refusals of models without a price are counted together: their names are the caller's invention. */
const UNPRICED_MODELS = "(unpriced models)";

/** A program by its key's hash, or a member who is known already. */
export const vCaller = v.union(v.object({ keyHash: v.string() }), v.object({ memberId: v.id("members") }));
type Caller = Infer<typeof vCaller>;

export const vAdmitArgs = v.object({
  requestId: v.string(),
  caller: vCaller,
  source: vRequestSource,
  endpoint: v.string(),
  isStreaming: v.boolean(),
  isDurable: v.boolean(),
  demand: vDemand,
  session: v.optional(vSession),
  /** From 1. Later ones look first whether an earlier one was recorded after all. */
  attempt: v.number(),
});
export type AdmitArgs = Infer<typeof vAdmitArgs>;

/** Who pays, as far as admit needs to know. */
export interface Payer {
  memberId: Id<"members">;
  apiKeyId?: Id<"apiKeys">;
  key?: Doc<"apiKeys">;
  limits: Limits;
}

/**
 * Decides whether a request may go upstream; on yes, inserts its row as `running` and takes its slot and its
 * worst-case money, all in the caller's transaction. The same request id gets the same yes again.
 */
export async function admitRequest(ctx: MutationCtx, args: AdmitArgs): Promise<Decision> {
  const now = Date.now();
  const payer = await findPayer(ctx, args.caller, now);
  if ("reason" in payer) {
    return { ok: false, refusal: payer };
  }
  const admitted = args.attempt > 1 ? await findAdmitted(ctx, args.requestId) : null;
  if (admitted) {
    return { ok: true, ...admissionOf(admitted) };
  }
  const settings =
    args.demand.model === undefined || args.demand.maxTokens === undefined ? await readSettings(ctx) : null;
  const model = args.demand.model ?? settings?.defaultModel ?? "";
  const maxTokens = args.demand.maxTokens ?? settings?.defaultMaxTokens ?? 0;
  const priced = await priceModels(ctx, [model, ...args.demand.fallbackModels], {
    limits: payer.limits,
    now,
  });
  if ("reason" in priced) {
    await countInUsage(ctx, { ...ownerOf(payer), model: UNPRICED_MODELS, at: now, isError: true });
    return { ok: false, refusal: priced };
  }
  const worstCase = Math.max(...priced.map((price) => worstCaseNanoUsd(args.demand, price, maxTokens)));
  const request = { ...args, model, maxTokens, now, price: priced[0] ?? priceMissing(model) };
  return await reserve(ctx, { request, payer, worstCase });
}

function ownerOf({ memberId, apiKeyId }: Payer) {
  return { memberId, apiKeyId };
}

function priceMissing(model: string): never {
  throw new Error(`no price was looked up for ${model}`);
}

/** The key's or member's identity and limits; a refusal when they may not call at all. */
export async function findPayer(ctx: QueryCtx, caller: Caller, now: number): Promise<Payer | Refusal> {
  if ("memberId" in caller) {
    const member = await ctx.db.get("members", caller.memberId);
    return member === null || member.removedAt !== undefined
      ? { reason: "unknownMember" }
      : { memberId: member._id, limits: {} };
  }
  const key = await ctx.db
    .query("apiKeys")
    .withIndex("by_keyHash", (q) => q.eq("keyHash", caller.keyHash))
    .unique();
  return key === null
    ? { reason: "unknownKey" }
    : (keyStateRefusal(key, now) ?? { memberId: key.memberId, apiKeyId: key._id, key, limits: key.limits });
}

/** Why a key may not be used now, whatever it asks for. */
export function keyStateRefusal(key: Doc<"apiKeys">, now: number): Refusal | null {
  if (key.revokedAt !== undefined) {
    return { reason: "revokedKey", revokedAt: key.revokedAt };
  }
  if (key.expiresAt !== undefined && key.expiresAt <= now) {
    return { reason: "expiredKey", expiredAt: key.expiresAt };
  }
  return key.pausedAt !== undefined ? { reason: "pausedKey" } : null;
}

async function findAdmitted(ctx: QueryCtx, requestId: string): Promise<Doc<"requests"> | null> {
  const row = await ctx.db
    .query("requests")
    .withIndex("by_requestId", (q) => q.eq("requestId", requestId))
    .unique();
  if (row !== null && row.status !== "running") {
    throw new Error(`request ${requestId} ended as ${row.status} and cannot be admitted again`);
  }
  return row;
}

function admissionOf(row: Doc<"requests">) {
  return {
    rowId: row._id,
    memberId: row.memberId,
    apiKeyId: row.apiKeyId,
    model: row.model,
    maxTokens: row.maxOutputTokens,
  };
}

async function priceModels(
  ctx: QueryCtx,
  models: string[],
  { limits, now }: { limits: Limits; now: number },
): Promise<ModelPrice[] | Refusal> {
  const prices: ModelPrice[] = [];
  for (const model of models) {
    const { allowedModels } = limits;
    if (allowedModels && !allowedModels.some((allowed) => isSameModel(allowed, model))) {
      return { reason: "modelNotAllowed", model, allowedModels };
    }
    const price = await priceOf(ctx, model, now);
    if (!price) {
      return { reason: "unpricedModel", model };
    }
    prices.push(price);
  }
  return prices;
}

interface Reservation {
  request: AdmitArgs & { model: string; maxTokens: number; now: number; price: ModelPrice };
  payer: Payer;
  worstCase: number;
}

/** Takes rate, slot and money together or not at all. */
async function reserve(ctx: MutationCtx, { request, payer, worstCase }: Reservation): Promise<Decision> {
  const meter = await chargeKey(ctx, payer, { now: request.now, worstCaseNanoUsd: worstCase });
  const { memberId, apiKeyId } = payer;
  const { model, maxTokens } = request;
  if (meter && "reason" in meter) {
    if (meter.reason === "budgetSpent" || meter.reason === "budgetReserved") {
      await insertRow(ctx, { request, payer, refusal: meter });
    }
    await countInUsage(ctx, { memberId, apiKeyId, model, at: request.now, isError: true });
    return { ok: false, refusal: meter };
  }
  const reserved = meter ? { ...meter, reservedNanoUsd: worstCase } : undefined;
  const rowId = await insertRow(ctx, { request, payer, reserved });
  return { ok: true, rowId, memberId, apiKeyId, model, maxTokens };
}

interface Row {
  request: Reservation["request"];
  payer: Payer;
  reserved?: { keyMeterId: Id<"keyMeters">; reservedNanoUsd: number };
  refusal?: Refusal;
}

async function insertRow(
  ctx: MutationCtx,
  { request, payer, reserved, refusal }: Row,
): Promise<Id<"requests">> {
  const { now, demand, price } = request;
  return await ctx.db.insert("requests", {
    requestId: request.requestId,
    memberId: payer.memberId,
    apiKeyId: payer.apiKeyId,
    source: request.source,
    endpoint: request.endpoint,
    model: request.model,
    isStreaming: request.isStreaming,
    isDurable: request.isDurable,
    session: request.session,
    inputTokensEstimate: inputTokensMax(demand, price),
    maxOutputTokens: request.maxTokens,
    priceVersion: price.priceVersion,
    budgetWindowAt: monthStart(now),
    startedAt: now,
    leaseExpiresAt: now + LEASE_MS,
    ...(refusal
      ? {
          status: "refused",
          endedAt: now,
          costNanoUsd: 0,
          httpStatus: refusalStatus(refusal),
          errorType: refusal.reason,
        }
      : { status: "running" }),
    reservedNanoUsd: 0,
    ...reserved,
  });
}

function refusalStatus(refusal: Refusal): number {
  return refusal.reason === "budgetSpent" ? 402 : 429;
}

/**
 * Charges the key's meter, which is made on first use. Null when the key has no limits; a refusal writes nothing.
 * Without a worst case only a request per minute is taken.
 */
export async function chargeKey(
  ctx: MutationCtx,
  { key, limits }: Payer,
  charge: { now: number; worstCaseNanoUsd: number | null },
): Promise<{ keyMeterId: Id<"keyMeters"> } | Refusal | null> {
  if (!key || !isMetered(limits)) {
    return null;
  }
  const meter = key.keyMeterId ? await ctx.db.get("keyMeters", key.keyMeterId) : null;
  const charged = chargeMeter(meter ?? newMeter(limits, charge.now), limits, charge);
  if ("reason" in charged) {
    return charged;
  }
  if (meter) {
    const { month, rate, running } = charged;
    await ctx.db.patch("keyMeters", meter._id, { month, rate, running });
    return { keyMeterId: meter._id };
  }
  const keyMeterId = await ctx.db.insert("keyMeters", { apiKeyId: key._id, ...charged });
  await ctx.db.patch("apiKeys", key._id, { keyMeterId });
  return { keyMeterId };
}
