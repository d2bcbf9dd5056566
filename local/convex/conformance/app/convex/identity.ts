import {
  actionGeneric as action,
  internalMutationGeneric as internalMutation,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";

const inQuery = makeFunctionReference<"query">("identity:mine");
const inMutation = makeFunctionReference<"mutation">("identity:mineInMutation");
const inAction = makeFunctionReference<"action">("identity:mineInAction");
const record = makeFunctionReference<"mutation">("identity:recordMine");

export const mine = query({ args: {}, handler: (ctx) => ctx.auth.getUserIdentity() });

export const mineInMutation = mutation({ args: {}, handler: (ctx) => ctx.auth.getUserIdentity() });
export const mineInAction = action({ args: {}, handler: (ctx) => ctx.auth.getUserIdentity() });
/** The subject as seen by everything that can be called, and by what those call. */
export const everywhere = action({
  args: {},
  handler: async (ctx): Promise<unknown[]> => [
    (await ctx.runQuery(inQuery, {}))?.subject,
    (await ctx.runMutation(inMutation, {}))?.subject,
    (await ctx.runAction(inAction, {}))?.subject,
  ],
});

export const nested = mutation({
  args: {},
  handler: async (ctx): Promise<unknown[]> => [
    (await ctx.runQuery(inQuery, {}))?.subject,
    (await ctx.runMutation(inMutation, {}))?.subject,
  ],
});

export const recordMine = internalMutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("things", { subject: (await ctx.auth.getUserIdentity())?.subject ?? null });
  },
});
export const scheduleRecord = mutation({ args: {}, handler: (ctx) => ctx.scheduler.runAfter(0, record, {}) });
