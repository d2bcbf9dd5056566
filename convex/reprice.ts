import { paginationOptsValidator } from "convex/server";
import { ConvexError, type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { type ActionCtx, internalMutation, type MutationCtx, type QueryCtx } from "./_generated/server";
import { recordAudit } from "./auditLog";
import { costOfAll, formatUsd, type PricedTokens } from "./model/pricing";
import { priceOf } from "./prices";
import { correctUsage } from "./usageHours";

const ROWS_PER_BATCH = 200;
/** Rows are read by `_creationTime`, which is `startedAt` but for what a clock that went back makes of it. */
const CLOCK_SLACK_MS = 60 * 60_000;

export const vRepriced = v.object({
  requests: v.number(),
  changed: v.number(),
  /** Their model has no price any more; they keep what they cost. */
  unpriced: v.number(),
  beforeUsd: v.string(),
  afterUsd: v.string(),
  differenceUsd: v.string(),
  isApplied: v.boolean(),
});
export type Repriced = Infer<typeof vRepriced>;

interface Sums {
  requests: number;
  changed: number;
  unpriced: number;
  beforeNanoUsd: number;
  afterNanoUsd: number;
}

/**
 * Prices every settled request of a period again, from its raw counters, at the prices that are known now for its
 * instant. Rows and roll-ups change only with `apply`; either way the difference is reported.
 */
export async function repricePeriod(
  ctx: ActionCtx,
  { from, to, apply }: { from: string; to: string; apply: boolean },
): Promise<Repriced> {
  const period = { fromAt: instantOf("from", from), toAt: instantOf("to", to) };
  const sums: Sums = { requests: 0, changed: 0, unpriced: 0, beforeNanoUsd: 0, afterNanoUsd: 0 };
  let cursor: string | null = null;
  do {
    const batch: { sums: Sums; cursor: string | null } = await ctx.runMutation(internal.reprice.batch, {
      ...period,
      apply,
      paginationOpts: { numItems: ROWS_PER_BATCH, cursor },
    });
    for (const name of ["requests", "changed", "unpriced", "beforeNanoUsd", "afterNanoUsd"] as const) {
      sums[name] += batch.sums[name];
    }
    cursor = batch.cursor;
  } while (cursor !== null);
  const { beforeNanoUsd, afterNanoUsd, ...counts } = sums;
  const report = {
    ...counts,
    beforeUsd: formatUsd(beforeNanoUsd),
    afterUsd: formatUsd(afterNanoUsd),
    differenceUsd: formatUsd(afterNanoUsd - beforeNanoUsd),
    isApplied: apply,
  };
  if (apply) await ctx.runMutation(internal.reprice.record, { period: `${from} to ${to}`, report });
  return report;
}

/** The instant that an operator wrote. Throws ConvexError `invalidDate`. */
export function instantOf(name: string, text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) {
    throw new ConvexError({
      code: "invalidDate",
      message: `${name} is "${text}"; it must be a date such as 2026-11-01, or an ISO instant.`,
    });
  }
  return at;
}

const vSums = v.object({
  requests: v.number(),
  changed: v.number(),
  unpriced: v.number(),
  beforeNanoUsd: v.number(),
  afterNanoUsd: v.number(),
});

/** One batch of rows, oldest first. With `apply` rows and roll-ups get the new cost; budgets keep what they counted. */
export const batch = internalMutation({
  args: {
    fromAt: v.number(),
    toAt: v.number(),
    apply: v.boolean(),
    paginationOpts: paginationOptsValidator,
  },
  returns: v.object({ sums: vSums, cursor: v.union(v.null(), v.string()) }),
  handler: async (ctx, { fromAt, toAt, apply, paginationOpts }) => {
    const rows = await ctx.db
      .query("requests")
      .withIndex("by_creation_time", (q) =>
        q.gte("_creationTime", fromAt - CLOCK_SLACK_MS).lt("_creationTime", toAt + CLOCK_SLACK_MS),
      )
      .paginate(paginationOpts);
    const sums: Sums = { requests: 0, changed: 0, unpriced: 0, beforeNanoUsd: 0, afterNanoUsd: 0 };
    for (const row of rows.page) {
      const { costNanoUsd: before, tokens, startedAt } = row;
      if (startedAt < fromAt || startedAt >= toAt) continue;
      if (row.status === "running" || row.status === "refused" || !tokens || before === undefined) continue;
      const priced = row.isUnbilled ? { costNanoUsd: 0 } : await costNow(ctx, row, tokens);
      sums.requests++;
      sums.beforeNanoUsd += before;
      sums.afterNanoUsd += priced?.costNanoUsd ?? before;
      if (priced === null) sums.unpriced++;
      else if (priced.costNanoUsd !== before) {
        sums.changed++;
        if (apply) await applyCost(ctx, row, { ...priced, before });
      }
    }
    return { sums, cursor: rows.isDone ? null : rows.continueCursor };
  },
});

interface NewCost {
  costNanoUsd: number;
  priceVersion?: string;
}

async function costNow(
  ctx: QueryCtx,
  row: Doc<"requests">,
  tokens: PricedTokens["tokens"],
): Promise<NewCost | null> {
  const parts: PricedTokens[] = [];
  let priceVersion: string | undefined;
  for (const charge of row.charges ?? [{ tokens, model: undefined }]) {
    const model = charge.model ?? row.servedModel ?? row.model;
    // As when it was settled: the price of the model that answered, or else of the one that was asked.
    const price =
      (await priceOf(ctx, model, row.startedAt)) ?? (await priceOf(ctx, row.model, row.startedAt));
    if (price === null) return null;
    priceVersion ??= price.priceVersion;
    parts.push({ tokens: charge.tokens, price });
  }
  return { costNanoUsd: costOfAll(parts, row.servedAs ?? {}), priceVersion };
}

async function applyCost(
  ctx: MutationCtx,
  row: Doc<"requests">,
  { costNanoUsd, priceVersion = row.priceVersion, before }: NewCost & { before: number },
): Promise<void> {
  await ctx.db.patch("requests", row._id, { costNanoUsd, priceVersion });
  const { memberId, apiKeyId, model, startedAt: at } = row;
  await correctUsage(ctx, { memberId, apiKeyId, model, at }, costNanoUsd - before);
}

/** The audit row of a period that was priced again. */
export const record = internalMutation({
  args: { period: v.string(), report: vRepriced },
  returns: v.null(),
  handler: async (ctx, { period, report }) => {
    const { beforeUsd, afterUsd, ...counts } = report;
    await recordAudit(ctx, null, {
      action: "gateway.reprice",
      target: period,
      before: { costUsd: beforeUsd },
      after: { costUsd: afterUsd, ...counts },
    });
    return null;
  },
});
