import {
  actionGeneric as action,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { ConvexError, v } from "convex/values";

const queryReference = makeFunctionReference<"query">("errors:inQuery");
const mutationReference = makeFunctionReference<"mutation">("errors:inMutation");
const actionReference = makeFunctionReference<"action">("errors:inAction");

export const inQuery = query({
  args: { data: v.any() },
  handler: async (_ctx, { data }) => {
    throw new ConvexError(data);
  },
});

export const inMutation = mutation({
  args: { data: v.any() },
  handler: async (_ctx, { data }) => {
    throw new ConvexError(data);
  },
});

export const inAction = action({
  args: { data: v.any() },
  handler: async (_ctx, { data }) => {
    throw new ConvexError(data);
  },
});

const dataOf = (error: unknown) => (error instanceof ConvexError ? error.data : "not a ConvexError");

export const caughtInAction = action({
  args: { data: v.any() },
  handler: async (ctx, args): Promise<unknown[]> => [
    await ctx.runQuery(queryReference, args).catch(dataOf),
    await ctx.runMutation(mutationReference, args).catch(dataOf),
    await ctx.runAction(actionReference, args).catch(dataOf),
  ],
});

export const caughtInMutation = mutation({
  args: { data: v.any() },
  handler: async (ctx, args): Promise<unknown[]> => [
    await ctx.runQuery(queryReference, args).catch(dataOf),
    await ctx.runMutation(mutationReference, args).catch(dataOf),
  ],
});

export const plain = query({
  args: {},
  handler: async () => {
    throw new TypeError("an ordinary error");
  },
});
