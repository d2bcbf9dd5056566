import { v } from "convex/values";
import { type QueryCtx, query } from "./_generated/server";
import { environmentFacts } from "./gateway/config";
import { requireMember } from "./members";

const DEFAULT_MODEL = "claude-sonnet-5-5";
const DEFAULT_MAX_TOKENS = 4_096;

/** The gateway's defaults, as an owner left them. */
export async function readSettings(
  ctx: QueryCtx,
): Promise<{ defaultModel: string; defaultMaxTokens: number }> {
  const row = await ctx.db.query("settings").first();
  return {
    defaultModel: row?.defaultModel ?? DEFAULT_MODEL,
    defaultMaxTokens: row?.defaultMaxTokens ?? DEFAULT_MAX_TOKENS,
  };
}

/** Defaults and what the web app must know of the environment. */
export const get = query({
  args: {},
  returns: v.object({
    defaultModel: v.string(),
    defaultMaxTokens: v.number(),
    isSimulated: v.boolean(),
    hasApiKey: v.boolean(),
    siteUrl: v.string(),
  }),
  handler: async (ctx) => {
    await requireMember(ctx);
    return { ...(await readSettings(ctx)), ...environmentFacts() };
  },
});
