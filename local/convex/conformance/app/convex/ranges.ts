import { type IndexRange, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

type Range = IndexRange & {
  [bound in "eq" | "gt" | "gte" | "lt" | "lte"]: (field: string, value: unknown) => Range;
};

/** The `n` of the things in a range of `by_a_and_b`. */
export const inRange = query({
  args: { range: v.string(), order: v.optional(v.union(v.literal("asc"), v.literal("desc"))) },
  handler: async (ctx, { range, order = "asc" }) => {
    const things = await ctx.db
      .query("things")
      .withIndex("by_a_and_b", (builder) => {
        // Untyped, because wrong ranges are part of what is tested.
        const q = builder as unknown as Range;
        switch (range) {
          case "all":
            return q;
          case "eq":
            return q.eq("a", 1);
          case "eq eq":
            return q.eq("a", 1).eq("b", 2);
          case "eq gt":
            return q.eq("a", 1).gt("b", 1);
          case "gt":
            return q.gt("a", 1);
          case "gte lt":
            return q.gte("a", 1).lt("a", 2);
          case "gt lte":
            return q.gt("a", 0).lte("a", 1);
          case "lt":
            return q.lt("a", 1);
          case "undefined":
            return q.eq("a", undefined);
          case "null":
            return q.eq("a", null);
          case "skips a field":
            return q.eq("b", 1);
          case "not of the index":
            return q.eq("n", 1);
          case "two lower bounds":
            return q.gt("a", 1).gte("a", 2);
          case "bounds on two fields":
            return q.gt("a", 1).lt("b", 2);
          default:
            throw new Error(`No range ${range}`);
        }
      })
      .order(order)
      .collect();
    return things.map(({ n }) => n);
  },
});

export const byCreation = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) => {
    const from = await ctx.db.get(id as never);
    if (from === null) return [];
    const { _creationTime } = from as { _creationTime: number };
    const things = await ctx.db
      .query("things")
      .withIndex("by_creation_time", (q) => q.gte("_creationTime", _creationTime))
      .collect();
    return things.map(({ n }) => n);
  },
});

export const byId = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) => {
    const thing = await ctx.db
      .query("things")
      .withIndex("by_id", (q) => q.eq("_id", id as never))
      .unique();
    return thing?.n ?? null;
  },
});

export const byNested = query({
  args: { value: v.any() },
  handler: async (ctx, { value }) => {
    const things = await ctx.db
      .query("things")
      .withIndex("by_nested", (q) => q.eq("nested.value", value))
      .collect();
    return things.map(({ n }) => n);
  },
});

/** What ends a query: how many there are, the first, the only one, so many of them. */
export const ends = query({
  args: {},
  handler: async (ctx) => {
    const all = () => ctx.db.query("things");
    const unique = await all()
      .unique()
      .catch((error: Error) => error.message.split(":")[0]);
    const iterated = [];
    for await (const { n } of all()) iterated.push(n);
    return {
      first: (await all().first())?.n,
      last: (await all().order("desc").first())?.n,
      take: (await all().take(2)).map(({ n }) => n),
      unique: typeof unique,
      iterated,
    };
  },
});

export const orderedValues = query({
  args: {},
  handler: async (ctx) => {
    const things = await ctx.db.query("things").withIndex("by_a_and_b").collect();
    return things.map(({ n }) => n);
  },
});

export const normalize = query({
  args: { table: v.string(), id: v.string() },
  handler: (ctx, { table, id }) => ctx.db.normalizeId(table, id),
});
