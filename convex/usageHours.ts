import type { Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { addTokens, NO_TOKENS } from "./model/anthropicUsage";
import { firstOf } from "./model/firstOf";
import type { Tokens } from "./model/validators";
import { hourStart } from "./model/windows";

export interface CountedRequest {
  memberId: Id<"members">;
  apiKeyId?: Id<"apiKeys">;
  model: string;
  at: number; // any instant of the hour
  isError: boolean;
  tokens?: Tokens;
  costNanoUsd?: number;
  /** The shard of its key's meter, above 0 only where that is sharded. */
  shard?: number;
}

/** Adds one request to the roll-up of its hour, key and model. */
export async function countInUsage(ctx: MutationCtx, counted: CountedRequest): Promise<void> {
  const { memberId, apiKeyId, model } = counted;
  const shard = counted.shard || undefined;
  const hourAt = hourStart(counted.at);
  const costNanoUsd = counted.costNanoUsd ?? 0;
  const errors = counted.isError ? 1 : 0;
  const row = await firstOf(
    ctx.db
      .query("usageHours")
      .withIndex("by_owner_and_hour", (q) =>
        q
          .eq("memberId", memberId)
          .eq("apiKeyId", apiKeyId)
          .eq("model", model)
          .eq("hourAt", hourAt)
          .eq("shard", shard),
      ),
  );
  const tokens = { ...(row?.tokens ?? NO_TOKENS) };
  addTokens(tokens, counted.tokens ?? NO_TOKENS);
  if (!row) {
    const key = { hourAt, shard, memberId, apiKeyId, model };
    await ctx.db.insert("usageHours", { ...key, requests: 1, errors, tokens, costNanoUsd });
    return;
  }
  await ctx.db.patch("usageHours", row._id, {
    requests: row.requests + 1,
    errors: row.errors + errors,
    tokens,
    costNanoUsd: row.costNanoUsd + costNanoUsd,
  });
}

/** Corrects the cost of requests that were counted before, in the roll-up of their hour; of a sharded key, in any shard's. */
export async function correctUsage(
  ctx: MutationCtx,
  { memberId, apiKeyId, model, at }: Pick<CountedRequest, "memberId" | "apiKeyId" | "model" | "at">,
  differenceNanoUsd: number,
): Promise<void> {
  const row = await ctx.db
    .query("usageHours")
    .withIndex("by_owner_and_hour", (q) =>
      q.eq("memberId", memberId).eq("apiKeyId", apiKeyId).eq("model", model).eq("hourAt", hourStart(at)),
    )
    .first();
  if (!row) throw new Error(`there is no roll-up of ${model} at ${at}`);
  await ctx.db.patch("usageHours", row._id, { costNanoUsd: row.costNanoUsd + differenceNanoUsd });
}
