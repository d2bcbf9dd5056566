import { v } from "convex/values";
import { internalQuery, type QueryCtx, query } from "./_generated/server";
import { requireMember } from "./members";
import { PRICE_TABLE } from "./model/priceTable";
import { findPricedModel } from "./model/pricing";
import { priceOf } from "./prices";

const OPERATOR_MODELS_MAX = 200;

const vModel = v.object({
  id: v.string(),
  displayName: v.string(),
  inputPicoUsdPerToken: v.number(),
  outputPicoUsdPerToken: v.number(),
  contextTokens: v.number(),
  maxOutputTokens: v.number(),
});

/** Models that have a price, recommended ones first, then the operator's own. */
export const list = query({
  args: {},
  returns: v.array(vModel),
  handler: async (ctx) => {
    await requireMember(ctx);
    const own = await operatorModels(ctx);
    const ids = [...PRICE_TABLE.map((model) => model.id), ...own.filter((id) => !findPricedModel(id))];
    const models = [];
    for (const id of ids) {
      const price = await priceOf(ctx, id, Date.now());
      if (price) {
        const { inputPicoUsdPerToken, outputPicoUsdPerToken, contextTokens, maxOutputTokens } = price;
        const displayName = findPricedModel(id)?.displayName ?? id;
        models.push({
          id,
          displayName,
          inputPicoUsdPerToken,
          outputPicoUsdPerToken,
          contextTokens,
          maxOutputTokens,
        });
      }
    }
    return models;
  },
});

/** Models that only `admin:setPrice` made known. */
export const listOperatorPriced = internalQuery({
  args: {},
  returns: v.array(v.string()),
  handler: operatorModels,
});

async function operatorModels(ctx: QueryCtx): Promise<string[]> {
  const rows = await ctx.db.query("prices").withIndex("by_model_and_effectiveFrom").take(OPERATOR_MODELS_MAX);
  return [...new Set(rows.map((row) => row.model))];
}
