import { queryGeneric as query } from "convex/server";
import { v } from "convex/values";

/** The `n` of the things that pass a filter, in order of creation. */
export const matching = query({
  args: { filter: v.string() },
  handler: async (ctx, { filter }) => {
    const things = await ctx.db
      .query("things")
      .filter((q) => {
        const a = q.field("a");
        switch (filter) {
          case "eq undefined":
            return q.eq(a, undefined);
          case "eq null":
            return q.eq(a, null);
          case "eq":
            return q.eq(a, 2);
          case "neq":
            return q.neq(a, 2);
          case "lt":
            return q.lt(a, 2);
          case "lte":
            return q.lte(a, 2);
          case "gt":
            return q.gt(a, 2);
          case "gte":
            return q.gte(a, 2);
          case "and":
            return q.and(q.gt(a, 1), q.lt(a, 3));
          case "or":
            return q.or(q.eq(a, 1), q.eq(a, 3));
          case "not":
            return q.not(q.eq(a, 1));
          case "add":
            return q.eq(q.add(q.field("n"), 1), 3);
          case "sub":
            return q.eq(q.sub(q.field("n"), 1), 3);
          case "mul":
            return q.eq(q.mul(q.field("n"), 2), 6);
          case "div":
            return q.eq(q.div(q.field("n"), 2), 1.5);
          case "mod":
            return q.eq(q.mod(q.field("n"), 2), 1);
          case "neg":
            return q.eq(q.neg(q.field("n")), -2);
          case "nested":
            return q.eq(q.field("nested.value"), "deep");
          case "two fields":
            return q.eq(a, q.field("b"));
          default:
            throw new Error(`No filter ${filter}`);
        }
      })
      .collect();
    return things.map(({ n }) => n);
  },
});
