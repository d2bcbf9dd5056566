import { type Infer, v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import type { MutationCtx, QueryCtx } from "./_generated/server";
import { announceRefusal } from "./budgetEvents";
import { gatewayScope, keyScope, type MeteredScope, memberScope } from "./meteredScopes";
import { chargeScopes } from "./metering";
import type { Decision, LimitRefusal, Refusal } from "./model/decision";
import { firstOf } from "./model/firstOf";
import type { MeterHold } from "./model/hold";
import { isSameModel, type ModelPrice } from "./model/pricing";
import {
  advisorWorstCaseNanoUsd,
  type Demand,
  inputTokensMax,
  vDemand,
  worstCaseNanoUsd,
} from "./model/reservation";
import { vRequestSource, vSession } from "./model/validators";
import { priceOf } from "./prices";
import { defaultsOf, readSettingsRow } from "./settings";
import { findSlot, slotCount } from "./slots";
import { findForeign } from "./upstreamObjects";
import { countInUsage } from "./usageHours";

/** A running request that neither ends nor renews its lease for this long is settled by the cron. */
export const LEASE_MS = 60_000;
/** Refusals of models without a price are counted together: their names are the caller's invention. */
const UNPRICED_MODELS = "(unpriced models)";

/** A program by its key's hash, a webhook or job by the id of the key that pays, or a member who is known already. */
export const vCaller = v.union(
  v.object({ keyHash: v.string() }),
  v.object({ apiKeyId: v.id("apiKeys") }),
  v.object({ memberId: v.id("members") }),
);
type Caller = Infer<typeof vCaller>;

export const vAdmitArgs = v.object({
  requestId: v.string(),
  caller: vCaller,
  source: vRequestSource,
  endpoint: v.string(),
  isStreaming: v.boolean(),
  isDurable: v.boolean(),
  demand: vDemand,
  /** Of a batch with several models: what the others may use. */
  moreDemands: v.optional(v.array(vDemand)),
  session: v.optional(vSession),
  /** From 1. Later ones look first whether an earlier one was recorded after all. */
  attempt: v.number(),
});
export type AdmitArgs = Infer<typeof vAdmitArgs>;

/** Who pays, as far as admit needs to know. */
export interface Payer {
  memberId: Id<"members">;
  apiKeyId?: Id<"apiKeys">;
  allowedModels?: string[];
  /** The limits that count for them, the gateway's aside. */
  scopes: MeteredScope[];
}

/**
 * Decides whether a request may go upstream; on yes, inserts its row as `running` and takes its slot and its
 * worst-case money, all in the caller's transaction. The same request id gets the same yes again.
 */
export async function admitRequest(ctx: MutationCtx, args: AdmitArgs): Promise<Decision> {
  const now = Date.now();
  const settings = await readSettingsRow(ctx);
  const payer = await findPayer(ctx, args.caller, now);
  if ("reason" in payer) {
    return { ok: false, refusal: payer };
  }
  const admitted = args.attempt > 1 ? await findAdmitted(ctx, args.requestId) : null;
  if (admitted) {
    return { ok: true, ...admissionOf(admitted) };
  }
  if (settings?.killedAt !== undefined) {
    return { ok: false, refusal: { reason: "gatewayKilled" } };
  }
  const { moreDemands = [] } = args;
  const objectIds = [args.demand, ...moreDemands].flatMap((demand) => demand.objectIds ?? []);
  const foreignId = await findForeign(ctx, payer, objectIds);
  if (foreignId !== null) {
    return { ok: false, refusal: { reason: "foreignObject", objectId: foreignId } };
  }
  const { defaultModel, defaultMaxTokens } = defaultsOf(settings);
  const priced: PricedDemand[] = [];
  for (const demand of [args.demand, ...moreDemands]) {
    const { model = defaultModel, maxTokens = defaultMaxTokens } = demand;
    const each = await priceDemand(ctx, demand, { model, maxTokens, payer, now });
    if ("reason" in each) {
      await countInUsage(ctx, { ...ownerOf(payer), model: UNPRICED_MODELS, at: now, isError: true });
      return { ok: false, refusal: each };
    }
    priced.push(each);
  }
  const [{ model, maxTokens, price } = priceMissing()] = priced;
  const worstCase = priced.reduce((sum, each) => sum + each.worstCase, 0);
  const request = { model, maxTokens, now, price, ...args };
  return await reserve(ctx, { request, payer, settings, worstCase });
}

interface PricedDemand {
  model: string;
  maxTokens: number;
  price: ModelPrice;
  worstCase: number;
}

/** The dearest of the models that may answer, and what advisors add to it. */
async function priceDemand(
  ctx: QueryCtx,
  demand: Demand,
  asked: { model: string; maxTokens: number; payer: Payer; now: number },
): Promise<PricedDemand | Refusal> {
  const { model, maxTokens } = asked;
  const { fallbackModels, advisors = [] } = demand;
  const prices = await priceModels(ctx, [model, ...fallbackModels], asked);
  if ("reason" in prices) return prices;
  const advisorPrices = await priceModels(
    ctx,
    advisors.map((advisor) => advisor.model),
    asked,
  );
  if ("reason" in advisorPrices) return advisorPrices;
  let worstCase = Math.max(...prices.map((price) => worstCaseNanoUsd(demand, price, maxTokens)));
  for (const [index, price] of advisorPrices.entries()) {
    const advisor = advisors[index];
    if (advisor) worstCase += advisorWorstCaseNanoUsd(demand, advisor, price);
  }
  return { model, maxTokens, price: prices[0] ?? priceMissing(), worstCase };
}

function ownerOf({ memberId, apiKeyId }: Payer) {
  return { memberId, apiKeyId };
}

function priceMissing(): never {
  throw new Error("no price was looked up");
}

/** The key's or member's identity and limits; a refusal when they may not call at all. */
export async function findPayer(ctx: QueryCtx, caller: Caller, now: number): Promise<Payer | Refusal> {
  if ("memberId" in caller) {
    const member = await ctx.db.get("members", caller.memberId);
    return member === null || member.removedAt !== undefined
      ? { reason: "unknownMember" }
      : { memberId: member._id, scopes: memberScope(member) };
  }
  const key = await findKey(ctx, caller);
  if (key === null) {
    return { reason: "unknownKey" };
  }
  const { _id: apiKeyId, memberId, limits, isMemberLimited } = key;
  const member = isMemberLimited ? await ctx.db.get("members", memberId) : null;
  const scopes = [...keyScope(key), ...(member ? memberScope(member) : [])];
  return keyStateRefusal(key, now) ?? { memberId, apiKeyId, allowedModels: limits.allowedModels, scopes };
}

async function findKey(
  ctx: QueryCtx,
  caller: Exclude<Caller, { memberId: Id<"members"> }>,
): Promise<Doc<"apiKeys"> | null> {
  if ("apiKeyId" in caller) {
    return await ctx.db.get("apiKeys", caller.apiKeyId);
  }
  return await firstOf(
    ctx.db.query("apiKeys").withIndex("by_keyHash", (q) => q.eq("keyHash", caller.keyHash)),
  );
}

/** Why a key may not be used now, whatever it asks for. */
function keyStateRefusal(key: Doc<"apiKeys">, now: number): Refusal | null {
  return keyEndRefusal(key, now) ?? (key.pausedAt !== undefined ? { reason: "pausedKey" } : null);
}

/** Why even running requests of a key must end; pausing it lets them finish. */
export function keyEndRefusal(key: Doc<"apiKeys">, now: number): Refusal | null {
  if (key.revokedAt !== undefined) {
    return { reason: "revokedKey", revokedAt: key.revokedAt };
  }
  if (key.expiresAt !== undefined && key.expiresAt <= now) {
    return { reason: "expiredKey", expiredAt: key.expiresAt };
  }
  return key.killedAt !== undefined ? { reason: "killedKey" } : null;
}

/** What an earlier attempt decided whose reply was lost. A "no" is taken back: the decision is made anew. */
async function findAdmitted(ctx: MutationCtx, requestId: string): Promise<Doc<"requests"> | null> {
  const row = await ctx.db
    .query("requests")
    .withIndex("by_requestId", (q) => q.eq("requestId", requestId))
    .unique();
  if (row?.status === "refused") {
    await ctx.db.delete("requests", row._id);
    return null;
  }
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
  { payer, now }: { payer: Payer; now: number },
): Promise<ModelPrice[] | Refusal> {
  const prices: ModelPrice[] = [];
  for (const model of models) {
    const { allowedModels } = payer;
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
  settings: Doc<"settings"> | null;
  worstCase: number;
}

/** Takes rate, slots and money together or not at all. */
async function reserve(ctx: MutationCtx, reservation: Reservation): Promise<Decision> {
  const { request, payer, settings, worstCase } = reservation;
  const concurrentRequests = slotCount(settings?.limits?.concurrentRequests);
  const slot = await findSlot(ctx, concurrentRequests);
  if (slot === null) {
    // Shed without a trace: under overload every write would make it worse.
    return { ok: false, refusal: { reason: "overloaded", concurrentRequests } };
  }
  const scopes = [...payer.scopes, ...gatewayScope(settings)];
  const holds = await chargeScopes(ctx, scopes, { now: request.now, worstCaseNanoUsd: worstCase });
  if ("reason" in holds) {
    await recordRefusal(ctx, reservation, { scopes, refusal: holds });
    return { ok: false, refusal: holds };
  }
  const reserved = holds.length > 0 ? { holds, reservedNanoUsd: worstCase } : undefined;
  const rowId = await insertRow(ctx, {
    request,
    payer,
    state: { status: "running", slot, ...reserved, isAnnounced: settings?.announcesRequests },
  });
  const { memberId, apiKeyId } = payer;
  return { ok: true, rowId, memberId, apiKeyId, model: request.model, maxTokens: request.maxTokens };
}

async function recordRefusal(
  ctx: MutationCtx,
  { request, payer }: Reservation,
  { scopes, refusal }: { scopes: readonly MeteredScope[]; refusal: LimitRefusal },
): Promise<void> {
  const { now, model } = request;
  const scope = scopes.find((each) => each.scope === refusal.scope);
  if (refusal.reason === "budgetSpent" && scope) await announceRefusal(ctx, scope, refusal, now);
  if (refusal.reason === "budgetSpent" || refusal.reason === "budgetReserved") {
    const httpStatus = refusal.reason === "budgetSpent" ? 402 : 429;
    const end = { endedAt: now, costNanoUsd: 0, httpStatus, errorType: refusal.reason };
    await insertRow(ctx, { request, payer, state: { status: "refused", ...end } });
  }
  await countInUsage(ctx, { ...ownerOf(payer), model, at: now, isError: true });
}

type RowState =
  | { status: "running"; slot: number; holds?: MeterHold[]; reservedNanoUsd?: number; isAnnounced?: boolean }
  | { status: "refused"; endedAt: number; costNanoUsd: number; httpStatus: number; errorType: string };

async function insertRow(
  ctx: MutationCtx,
  { request, payer, state }: Pick<Reservation, "request" | "payer"> & { state: RowState },
): Promise<Id<"requests">> {
  const { now, demand, price } = request;
  const { memberId, apiKeyId } = payer;
  return await ctx.db.insert("requests", {
    requestId: request.requestId,
    memberId,
    apiKeyId,
    source: request.source,
    endpoint: request.endpoint,
    model: request.model,
    isStreaming: request.isStreaming,
    isDurable: request.isDurable,
    session: request.session,
    inputTokensEstimate: inputTokensMax(demand, price),
    maxOutputTokens: request.maxTokens,
    priceVersion: price.priceVersion,
    startedAt: now,
    leaseExpiresAt: now + LEASE_MS,
    reservedNanoUsd: 0,
    ...state,
  });
}
