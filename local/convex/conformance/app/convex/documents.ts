import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

export const insert = mutation({
  args: { table: v.optional(v.string()), value: v.any() },
  handler: (ctx, { table = "things", value }) => ctx.db.insert(table, value),
});

export const insertMany = mutation({
  args: { values: v.array(v.any()) },
  handler: async (ctx, { values }) => {
    const ids = [];
    for (const value of values) ids.push(await ctx.db.insert("things", value));
    return ids;
  },
});

export const get = query({ args: { id: v.string() }, handler: (ctx, { id }) => ctx.db.get(id as never) });

export const patch = mutation({
  args: { id: v.string(), value: v.any() },
  handler: (ctx, { id, value }) => ctx.db.patch(id as never, value),
});

export const replace = mutation({
  args: { id: v.string(), value: v.any() },
  handler: (ctx, { id, value }) => ctx.db.replace(id as never, value),
});

export const remove = mutation({
  args: { id: v.string() },
  handler: (ctx, { id }) => ctx.db.delete(id as never),
});

export const list = query({
  args: { table: v.optional(v.string()) },
  handler: (ctx, { table = "things" }) => ctx.db.query(table).collect(),
});
