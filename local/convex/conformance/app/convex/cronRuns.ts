import {
  internalActionGeneric as internalAction,
  internalMutationGeneric as internalMutation,
  makeFunctionReference,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

export const record = internalMutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.db.insert("cronRuns", { name });
  },
});

export const act = internalAction({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.runMutation(makeFunctionReference<"mutation">("cronRuns:record"), { name });
  },
});

export const names = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("cronRuns").collect()).map(({ name }) => name),
});
