import {
  actionGeneric as action,
  makeFunctionReference,
  paginationOptsValidator,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

export const list = query({
  args: { paginationOpts: v.any(), order: v.optional(v.union(v.literal("asc"), v.literal("desc"))) },
  handler: (ctx, { paginationOpts, order = "asc" }) =>
    ctx.db.query("things").order(order).paginate(paginationOpts),
});

export const filtered = query({
  args: { paginationOpts: v.any() },
  handler: (ctx, { paginationOpts }) =>
    ctx.db
      .query("things")
      .filter((q) => q.eq(q.mod(q.field("n"), 3), 0))
      .paginate(paginationOpts),
});

export const indexed = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: (ctx, { paginationOpts }) =>
    ctx.db
      .query("things")
      .withIndex("by_a_and_b", (q) => q.eq("a", 1))
      .paginate(paginationOpts),
});

export const twice = query({
  args: {},
  handler: async (ctx) => {
    const paginationOpts = { cursor: null, numItems: 1 };
    await ctx.db.query("things").paginate(paginationOpts);
    await ctx.db.query("things").paginate(paginationOpts);
  },
});

const listReference = makeFunctionReference<"query">("pages:list");

export const eachInItsOwnQuery = action({
  args: {},
  handler: async (ctx): Promise<number> => {
    const paginationOpts = { cursor: null, numItems: 1 };
    const first = await ctx.runQuery(listReference, { paginationOpts });
    const second = await ctx.runQuery(listReference, { paginationOpts });
    return first.page.length + second.page.length;
  },
});
