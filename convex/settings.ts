import type { WithoutSystemFields } from "convex/server";
import { ConvexError, v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { type MutationCtx, mutation, type QueryCtx, query } from "./_generated/server";
import { recordAudit } from "./auditLog";
import { environmentFacts } from "./gateway/config";
import { requireMember } from "./members";
import { firstOf } from "./model/firstOf";
import { priceOf } from "./prices";

const DEFAULT_MODEL = "claude-sonnet-5-5";
const DEFAULT_MAX_TOKENS = 4_096;

export interface Defaults {
  defaultModel: string;
  defaultMaxTokens: number;
}

/** The one row of settings; null while nobody changed any. */
export async function readSettingsRow(ctx: QueryCtx): Promise<Doc<"settings"> | null> {
  return await firstOf(ctx.db.query("settings"));
}

/** The gateway's defaults, as an owner left them. */
export async function readSettings(ctx: QueryCtx): Promise<Defaults> {
  return defaultsOf(await readSettingsRow(ctx));
}

/** Changes fields of the one row, which is made when the first of them is. */
export async function patchSettings(
  ctx: MutationCtx,
  fields: Partial<WithoutSystemFields<Doc<"settings">>>,
): Promise<void> {
  const row = await readSettingsRow(ctx);
  if (row) await ctx.db.patch("settings", row._id, fields);
  else await ctx.db.insert("settings", { ...defaultsOf(null), ...fields });
}

export function defaultsOf(row: Doc<"settings"> | null): Defaults {
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

/** Sets what requests get that name no model or no limit; for owners. Throws ConvexError `invalidSettings`. */
export const update = mutation({
  args: { defaultModel: v.string(), defaultMaxTokens: v.number() },
  returns: v.null(),
  handler: async (ctx, settings) => {
    const member = await requireMember(ctx, "owner");
    const { defaultModel, defaultMaxTokens } = settings;
    const price = await priceOf(ctx, defaultModel, Date.now());
    if (price === null) {
      throw invalidSettings(`${defaultModel} has no price. Set one: npx convex run admin:setPrice`);
    }
    const isInRange = defaultMaxTokens >= 1 && defaultMaxTokens <= price.maxOutputTokens;
    if (!Number.isInteger(defaultMaxTokens) || !isInRange) {
      throw invalidSettings(
        `max_tokens must be a whole number from 1 to ${price.maxOutputTokens}, the most that ${defaultModel} writes.`,
      );
    }
    const before = { ...(await readSettings(ctx)) };
    await patchSettings(ctx, settings);
    await recordAudit(ctx, member, { action: "settings.update", target: "gateway", before, after: settings });
    return null;
  },
});

function invalidSettings(message: string): ConvexError<{ code: string; message: string }> {
  return new ConvexError({ code: "invalidSettings", message });
}
