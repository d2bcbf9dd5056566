import { paginationOptsValidator, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

export const texts = query({
  args: { words: v.string(), author: v.optional(v.string()), take: v.optional(v.number()) },
  handler: async (ctx, { words, author, take }) => {
    const found = ctx.db.query("things").withSearchIndex("search_text", (q) => {
      const search = q.search("text", words);
      return author === undefined ? search : search.eq("author", author);
    });
    const documents = take === undefined ? await found.collect() : await found.take(take);
    return documents.map(({ text }) => text);
  },
});

export const byNested = query({
  args: { words: v.string(), value: v.optional(v.any()) },
  handler: async (ctx, { words, value }) => {
    const documents = await ctx.db
      .query("things")
      .withSearchIndex("search_text", (q) => q.search("text", words).eq("nested.value", value))
      .collect();
    return documents.map(({ text }) => text);
  },
});

export const page = query({
  args: { words: v.string(), paginationOpts: paginationOptsValidator },
  handler: (ctx, { words, paginationOpts }) =>
    ctx.db
      .query("things")
      .withSearchIndex("search_text", (q) => q.search("text", words))
      .paginate(paginationOpts),
});

export const filtered = query({
  args: { words: v.string(), size: v.number() },
  handler: async (ctx, { words, size }) => {
    const documents = await ctx.db
      .query("things")
      .withSearchIndex("search_text", (q) => q.search("text", words))
      .filter((q) => q.gt(q.field("size"), size))
      .collect();
    return documents.map(({ text }) => text);
  },
});

export const wrongField = query({
  args: {},
  handler: (ctx) =>
    ctx.db
      .query("things")
      .withSearchIndex("search_text", (q) => q.search("author", "x"))
      .collect(),
});

export const wrongFilter = query({
  args: {},
  handler: (ctx) =>
    ctx.db
      .query("things")
      .withSearchIndex("search_text", (q) => q.search("text", "x").eq("size", 1))
      .collect(),
});
