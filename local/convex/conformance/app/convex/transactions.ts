import {
  internalMutationGeneric as internalMutation,
  internalQueryGeneric as internalQuery,
  makeFunctionReference,
  mutationGeneric as mutation,
} from "convex/server";
import { v } from "convex/values";

const countReference = makeFunctionReference<"query">("transactions:countThings");
const insertReference = makeFunctionReference<"mutation">("transactions:insertOne");
const throwReference = makeFunctionReference<"mutation">("transactions:insertThenThrow");

export const countThings = internalQuery({
  args: {},
  handler: async (ctx) => (await ctx.db.query("things").collect()).length,
});

export const insertOne = internalMutation({
  args: { name: v.string() },
  handler: (ctx, { name }) => ctx.db.insert("things", { name }),
});

export const insertThenThrow = internalMutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.db.insert("things", { name });
    throw new Error("inner failure");
  },
});

export const patchAfterInsert = mutation({
  args: {},
  handler: async (ctx) => {
    const id = await ctx.db.insert("things", { a: 1, b: 2 });
    await ctx.db.patch(id, { b: undefined, c: 3 });
    return ctx.db.get(id);
  },
});

export const replaceAfterInsert = mutation({
  args: {},
  handler: async (ctx) => {
    const id = await ctx.db.insert("things", { a: 1 });
    await ctx.db.replace(id, { c: 3 });
    return ctx.db.get(id);
  },
});

export const deleteIsVisible = mutation({
  args: {},
  handler: async (ctx) => {
    const id = await ctx.db.insert("things", { a: 1 });
    await ctx.db.delete(id);
    return [await ctx.db.get(id), (await ctx.db.query("things").collect()).length];
  },
});

export const rangeSeesWrites = mutation({
  args: {},
  handler: async (ctx) => {
    const first = await ctx.db.insert("things", { a: 1, b: 1 });
    await ctx.db.insert("things", { a: 1, b: 2 });
    await ctx.db.patch(first, { b: 3 });
    const things = await ctx.db
      .query("things")
      .withIndex("by_a_and_b", (q) => q.eq("a", 1))
      .collect();
    return things.map(({ b }) => b);
  },
});

export const throwAfterWrites = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("things", { a: 1 });
    throw new Error("outer failure");
  },
});

/** The failed call's writes vanish, the caller's stay. */
export const survivesInner = mutation({
  args: {},
  handler: async (ctx): Promise<string> => {
    await ctx.db.insert("things", { name: "outer" });
    try {
      await ctx.runMutation(throwReference, { name: "inner" });
    } catch (error) {
      return error instanceof Error ? error.message : "?";
    }
    return "nothing was thrown";
  },
});

export const innerThenThrow = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.runMutation(insertReference, { name: "inner" });
    throw new Error("outer failure");
  },
});

export const innerSeesOuter = mutation({
  args: {},
  handler: async (ctx): Promise<number[]> => {
    await ctx.db.insert("things", { name: "outer" });
    const before: number = await ctx.runQuery(countReference, {});
    await ctx.runMutation(insertReference, { name: "inner" });
    return [before, await ctx.runQuery(countReference, {})];
  },
});

/** What a query on the snapshot sees before the mutation writes. */
export const snapshotBeforeWrites = mutation({
  args: {},
  handler: async (ctx): Promise<number> => {
    const count: number = await ctx.runQuery(countReference, {}, { useStaleSnapshot: true });
    await ctx.db.insert("things", { name: "later" });
    return count;
  },
});

export const snapshotAfterWrite = mutation({
  args: {},
  handler: async (ctx): Promise<number> => {
    await ctx.db.insert("things", { name: "pending" });
    return ctx.runQuery(countReference, {}, { useStaleSnapshot: true });
  },
});

export const writesById = mutation({
  args: { id: v.string(), kind: v.string() },
  handler: async (ctx, { id, kind }) => {
    const target = id as never;
    if (kind === "patch") await ctx.db.patch(target, { a: 1 });
    else if (kind === "replace") await ctx.db.replace(target, { a: 1 });
    else await ctx.db.delete(target);
  },
});

/** With the table's name before the id. */
export const byTableAndId = mutation({
  args: { table: v.string(), id: v.string(), kind: v.string() },
  handler: async (ctx, { table, id, kind }) => {
    const target = id as never;
    switch (kind) {
      case "get":
        return ctx.db.get(table, target);
      case "patch":
        return ctx.db.patch(table, target, { a: 2 });
      case "replace":
        return ctx.db.replace(table, target, { a: 3 });
      default:
        return ctx.db.delete(table, target);
    }
  },
});

export const append = mutation({
  args: { id: v.string(), item: v.number() },
  handler: async (ctx, { id, item }) => {
    const thing = (await ctx.db.get(id as never)) as { items: number[] } | null;
    await ctx.db.patch(id as never, { items: [...(thing?.items ?? []), item] } as never);
  },
});
