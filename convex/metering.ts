import type { Doc, Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { announceSpend } from "./budgetEvents";
import { type MeteredScope, scopeOfMeter } from "./meteredScopes";
import { type Charge, chargeMeters, type Shard } from "./model/chargeMeters";
import type { LimitRefusal } from "./model/decision";
import type { MeterHold } from "./model/hold";
import { BUDGET_WINDOWS, RATES, shareOf } from "./model/limits";
import { type ActualUse, holdInstant, type Meter, settledMeter } from "./model/meter";
import { rebalancedMeters } from "./model/rebalancedMeters";

interface StoredShard extends Shard {
  row: Doc<"meters">;
}

/**
 * Charges every scope: all or nothing. Of a sharded one it tries a shard at random, and reads the others only when that
 * one lacks room. Returns what the request holds, or the first refusal; a refusal writes nothing.
 */
export async function chargeScopes(
  ctx: MutationCtx,
  scopes: readonly MeteredScope[],
  charge: Charge,
): Promise<MeterHold[] | LimitRefusal> {
  const changes: Change[] = [];
  const holds: MeterHold[] = [];
  for (const scope of scopes) {
    const charged = await chargeScope(ctx, scope, charge);
    if ("reason" in charged) return { ...charged, scope: scope.scope };
    changes.push(...charged.changes);
    holds.push(charged.hold);
  }
  await writeMeters(ctx, changes);
  return holds;
}

interface Change {
  row: Doc<"meters">;
  meter: Meter;
}

async function chargeScope(ctx: MutationCtx, scope: MeteredScope, charge: Charge) {
  const { limits, meterIds } = scope;
  const start = meterIds.length === 1 ? 0 : Math.floor(Math.random() * meterIds.length);
  const first = await readShard(ctx, scope, start);
  let shards: [StoredShard, ...StoredShard[]] = [first];
  let charged = chargeMeters(shards, limits, charge);
  if ("reason" in charged && meterIds.length > 1) {
    const others = [...meterIds.keys()].filter((index) => index !== start);
    shards = [first, ...(await readShards(ctx, scope, others))];
    charged = chargeMeters(shards, limits, charge);
  }
  if ("reason" in charged) return charged;
  const [meter = first.meter] = charged;
  const hold: MeterHold = {
    meterId: first.row._id,
    shard: start,
    at: holdInstant(meter, charge.now),
    nanoUsd: charge.worstCaseNanoUsd ?? 0,
  };
  return { hold, changes: changesOf(shards, charged) };
}

async function readShard(
  ctx: MutationCtx,
  { limits, meterIds }: MeteredScope,
  index: number,
): Promise<StoredShard> {
  const meterId: Id<"meters"> | undefined = meterIds[index];
  const row = meterId === undefined ? null : await ctx.db.get("meters", meterId);
  if (!row) throw new Error(`there is no meter ${meterId}`);
  return { row, meter: row, share: shareOf(limits, index, meterIds.length) };
}

async function readShards(
  ctx: MutationCtx,
  scope: MeteredScope,
  indexes: Iterable<number>,
): Promise<StoredShard[]> {
  return await Promise.all([...indexes].map((index) => readShard(ctx, scope, index)));
}

function changesOf(shards: readonly StoredShard[], meters: readonly Meter[]): Change[] {
  return shards.flatMap(({ row }, index) => {
    const meter = meters[index];
    return meter === undefined || meter === row ? [] : [{ row, meter }];
  });
}

const METER_FIELDS = ["dayStartsAt", ...BUDGET_WINDOWS, ...RATES, "running"] as const;

/** Sends only what changed: every request writes a meter twice. */
async function writeMeters(ctx: MutationCtx, changes: readonly Change[]): Promise<void> {
  for (const { row, meter } of changes) {
    const changed = METER_FIELDS.filter((name) => meter[name] !== row[name]);
    await ctx.db.patch("meters", row._id, Object.fromEntries(changed.map((name) => [name, meter[name]])));
  }
}

/** Gives back what a request held and records what it used; tells of budgets that reached a threshold by it. */
export async function settleHolds(
  ctx: MutationCtx,
  holds: readonly MeterHold[],
  use: ActualUse,
): Promise<void> {
  for (const hold of holds) {
    const row = await ctx.db.get("meters", hold.meterId);
    // Gone with the limits that it counted for.
    if (!row) continue;
    const { meter, alerts } = settledMeter(row, hold, use);
    await writeMeters(ctx, [{ row, meter }]);
    if (alerts.length > 0 || use.costNanoUsd > hold.nanoUsd) await afterTheFact(ctx, row, use.now);
  }
}

/** What few requests cause: money beyond the reservation, and budgets that reach a threshold. */
async function afterTheFact(ctx: MutationCtx, row: Doc<"meters">, now: number): Promise<void> {
  const scope = await scopeOfMeter(ctx, row);
  if (scope) await rebalance(ctx, scope, now);
}

/** Spreads what is left of the limits over all shards, and tells of budgets that reached a threshold. */
export async function rebalance(ctx: MutationCtx, scope: MeteredScope, now: number): Promise<void> {
  const rows = (await readShards(ctx, scope, scope.meterIds.keys())).map(({ row }) => row);
  const meters = rebalancedMeters(rows, scope.limits, now);
  await writeMeters(
    ctx,
    rows.flatMap((row, index) => (meters[index] ? [{ row, meter: meters[index] }] : [])),
  );
  await announceSpend(ctx, scope, meters);
}
