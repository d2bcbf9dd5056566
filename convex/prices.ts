import { v } from "convex/values";
import { internalMutation, type QueryCtx } from "./_generated/server";
import { recordAudit } from "./auditLog";
import { builtInPrice, isSameModel, type ModelPrice, operatorPrice } from "./model/pricing";

/** The price in force at an instant: the operator's if there is one, else the built-in. Null: not priced. */
export async function priceOf(ctx: QueryCtx, model: string, at: number): Promise<ModelPrice | null> {
  const rows = ctx.db
    .query("prices")
    .withIndex("by_model_and_effectiveFrom", (q) => q.eq("model", model))
    .order("desc");
  // The same range at every request, though it has a row more while a price of the future is set.
  for await (const row of rows) {
    if (row.effectiveFrom <= at) return operatorPrice(row);
  }
  return builtInPrice(model, at);
}

/** The price a request was admitted at, or that of the model that answered instead. */
export async function servedPrice(
  ctx: QueryCtx,
  request: { model: string; priceVersion: string; startedAt: number },
  servedModel: string | undefined,
): Promise<ModelPrice | null> {
  const isAsAsked = servedModel === undefined || isSameModel(servedModel, request.model);
  const served = isAsAsked ? null : await priceOf(ctx, servedModel, request.startedAt);
  return served ?? (await admittedPrice(ctx, request));
}

/** The very price that admit reserved with, whatever was set since. */
async function admittedPrice(
  ctx: QueryCtx,
  { model, priceVersion, startedAt }: { model: string; priceVersion: string; startedAt: number },
): Promise<ModelPrice | null> {
  if (priceVersion.startsWith("builtin:")) {
    return builtInPrice(model, startedAt) ?? (await priceOf(ctx, model, startedAt));
  }
  const priceId = ctx.db.normalizeId("prices", priceVersion.replace("operator:", ""));
  const row = priceId && (await ctx.db.get("prices", priceId));
  return row ? operatorPrice(row) : await priceOf(ctx, model, startedAt);
}

/** Records an operator's price; `admin:setPrice` checks the numbers. */
export const set = internalMutation({
  args: {
    model: v.string(),
    effectiveFrom: v.number(),
    inputPicoUsdPerToken: v.number(),
    outputPicoUsdPerToken: v.number(),
    cacheReadPicoUsdPerToken: v.number(),
    cacheCreation5mPicoUsdPerToken: v.number(),
    cacheCreation1hPicoUsdPerToken: v.number(),
  },
  returns: v.id("prices"),
  handler: async (ctx, price) => {
    const priceId = await ctx.db.insert("prices", price);
    const { model, ...after } = price;
    await recordAudit(ctx, null, { action: "price.set", targetId: priceId, target: model, after });
    return priceId;
  },
});
