import { actionGeneric as action, makeFunctionReference, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const insertReference = makeFunctionReference<"mutation">("documents:insert");
const listReference = makeFunctionReference<"query">("documents:list");
const innerReference = makeFunctionReference<"action">("calls:inner");

export const inner = action({ args: { n: v.number() }, handler: async (_ctx, { n }) => n * 2 });

export const all = action({
  args: {},
  handler: async (ctx): Promise<unknown[]> => {
    const id = await ctx.runMutation(insertReference, { value: { n: 1 } });
    const things = await ctx.runQuery(listReference, {});
    return [typeof id, things.length, await ctx.runAction(innerReference, { n: 21 })];
  },
});

export const concurrently = action({
  args: { count: v.number() },
  handler: async (ctx, { count }): Promise<number> => {
    const inserts = Array.from({ length: count }, (_, n) =>
      ctx.runMutation(insertReference, { value: { n } }),
    );
    await Promise.all(inserts);
    return (await ctx.runQuery(listReference, {})).length;
  },
});

export default query({ args: {}, handler: async (ctx) => (await ctx.meta.getFunctionMetadata()).name });

export const large = query({
  args: { length: v.number() },
  handler: async (_ctx, { length }) => "é🎉".repeat(length / 3),
});

export const roundTrip = query({ args: { value: v.any() }, handler: async (_ctx, { value }) => value });
