import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const args = {
  text: v.string(),
  maybe: v.optional(v.number()),
};

export const inQuery = query({ args, handler: async (_ctx, given) => given });
export const inMutation = mutation({ args, handler: async (_ctx, given) => given });
export const inAction = action({ args, handler: async (_ctx, given) => given });

export const union = query({
  args: {
    value: v.union(
      v.object({ kind: v.literal("a"), n: v.number() }),
      v.object({ kind: v.literal("b") }),
      v.null(),
    ),
  },
  handler: async (_ctx, { value }) => value?.kind ?? null,
});

export const every = query({
  args: {
    value: v.object({
      boolean: v.boolean(),
      bigint: v.int64(),
      number: v.number(),
      bytes: v.bytes(),
      array: v.array(v.union(v.string(), v.number())),
      record: v.record(v.string(), v.number()),
      literal: v.literal("x"),
      any: v.any(),
    }),
  },
  handler: async (_ctx, { value }) => value,
});

export const thingId = query({ args: { id: v.id("things") }, handler: async (_ctx, { id }) => id });

export const unvalidated = query(async (_ctx, given: Record<string, unknown>) => given);

const returns = v.object({ name: v.string() });
const result = (isRight: boolean) => (isRight ? { name: "right" } : { name: 5 }) as { name: string };

export const returnsInQuery = query({
  args: { isRight: v.boolean() },
  returns,
  handler: async (_ctx, { isRight }) => result(isRight),
});
export const returnsInMutation = mutation({
  args: { isRight: v.boolean() },
  returns,
  handler: async (ctx, { isRight }) => {
    await ctx.db.insert("things", { isRight });
    return result(isRight);
  },
});
export const returnsInAction = action({
  args: { isRight: v.boolean() },
  returns,
  handler: async (_ctx, { isRight }) => result(isRight),
});

export const returnsExtra = query({
  args: {},
  returns: v.array(v.object({ name: v.string() })),
  handler: async () => [{ name: "x", extra: true }],
});

export const returnsNothing = query({ args: {}, handler: async () => undefined });
