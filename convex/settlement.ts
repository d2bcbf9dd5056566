import type { Doc } from "./_generated/dataModel";
import type { MutationCtx, QueryCtx } from "./_generated/server";
import { announce } from "./announce";
import { settleHolds } from "./metering";
import { NO_TOKENS } from "./model/anthropicUsage";
import type { Outcome, Settlement } from "./model/outcome";
import { costOfAll, formatUsd, type PricedTokens } from "./model/pricing";
import { estimatedTokens } from "./model/reservation";
import type { Charge, ObjectKind, Tokens } from "./model/validators";
import { servedPrice } from "./prices";
import { countInSession } from "./sessionAgents";
import { insertObject } from "./upstreamObjects";
import { countInUsage } from "./usageHours";

const ERROR_MESSAGE_LENGTH_MAX = 500;

/**
 * Closes a request once: its row, its money, its slot and its hour's roll-up, in the caller's transaction.
 * A request that is closed already answers what it was closed with.
 */
export async function settleRequest(
  ctx: MutationCtx,
  row: Doc<"requests">,
  { objectIds, deliveredTokens, tokens: reported, errorMessage, ...outcome }: Outcome,
): Promise<Settlement> {
  if (row.status !== "running") {
    return { status: row.status, costNanoUsd: row.costNanoUsd ?? 0, tokens: row.tokens ?? NO_TOKENS };
  }
  const now = Date.now();
  const tokens =
    reportedTokens(reported, outcome.usageSource, row.maxOutputTokens) ??
    estimatedTokens({
      inputTokens: row.inputTokensEstimate,
      maxOutputTokens: row.maxOutputTokens,
      elapsedMs: Math.min(now, row.leaseExpiresAt) - row.startedAt,
      deliveredTokens,
    });
  const costNanoUsd = outcome.isUnbilled ? 0 : await costOfOutcome(ctx, row, { tokens, ...outcome });
  await ctx.db.patch("requests", row._id, {
    tokens,
    costNanoUsd,
    reservedNanoUsd: 0,
    holds: undefined,
    slot: undefined,
    endedAt: now,
    ...(errorMessage && { errorMessage: errorMessage.slice(0, ERROR_MESSAGE_LENGTH_MAX) }),
    ...(row.holds && costNanoUsd > row.reservedNanoUsd && { overran: true }),
    ...outcome,
  });
  const { memberId, apiKeyId, model, holds = [], startedAt: at } = row;
  await settleHolds(ctx, holds, { now, costNanoUsd, ...ratedTokens(tokens) });
  const isError = outcome.status === "failed" || outcome.status === "expired";
  const usage = { isError, tokens, costNanoUsd };
  await countInUsage(ctx, { memberId, apiKeyId, model, at, ...usage, shard: holds[0]?.shard });
  await recordObjects(ctx, row, objectIds ?? []);
  if (row.session) {
    await countInSession(ctx, row, { ...usage, at: now });
  }
  if (row.isAnnounced) {
    await announce(ctx, "request.completed", {
      request_id: row.requestId,
      status: outcome.status,
      model,
      source: row.source,
      key_id: apiKeyId ?? null,
      cost_usd: formatUsd(costNanoUsd),
    });
  }
  return { status: outcome.status, costNanoUsd, tokens };
}

/** Containers and files that the answer names are the caller's from now on. */
async function recordObjects(ctx: MutationCtx, row: Doc<"requests">, objectIds: string[]): Promise<void> {
  for (const objectId of objectIds) {
    const kind: ObjectKind = objectId.startsWith("file") ? "file" : "container";
    await insertObject(ctx, row, { kind, objectId });
  }
}

/** An estimate from what was delivered never exceeds what Claude was allowed to write. */
function reportedTokens(
  tokens: Tokens | undefined,
  usageSource: Outcome["usageSource"],
  maxOutputTokens: number,
): Tokens | undefined {
  return tokens && usageSource === "estimated"
    ? { ...tokens, outputTokens: Math.min(tokens.outputTokens, maxOutputTokens) }
    : tokens;
}

/** Every charge at the price of the model that did the work. */
export async function costOfOutcome(
  ctx: QueryCtx,
  row: Pick<Doc<"requests">, "requestId" | "model" | "priceVersion" | "startedAt">,
  outcome: Pick<Outcome, "charges" | "servedModel" | "servedAs"> & { tokens: Tokens },
): Promise<number> {
  const parts: PricedTokens[] = [];
  const charges: Charge[] = outcome.charges ?? [{ tokens: outcome.tokens }];
  for (const { model, ...charge } of charges) {
    const price = await servedPrice(ctx, row, model ?? outcome.servedModel);
    if (!price) {
      const from = new Date(row.startedAt).toISOString();
      throw new Error(
        `request ${row.requestId} has no price for ${row.model}; set one that was in force when it began: npx convex run admin:setPrice '{"model":"${row.model}","inputUsdPerMillion":…,"outputUsdPerMillion":…,"effectiveFrom":"${from}"}'`,
      );
    }
    parts.push({ price, ...charge });
  }
  return costOfAll(parts, outcome.servedAs ?? {});
}

/** What counts against tokens per minute: as with Anthropic, not what was read from the cache. */
function ratedTokens(tokens: Tokens): { inputTokens: number; outputTokens: number } {
  const { inputTokens, cacheCreation5mInputTokens, cacheCreation1hInputTokens, outputTokens } = tokens;
  return { inputTokens: inputTokens + cacheCreation5mInputTokens + cacheCreation1hInputTokens, outputTokens };
}
