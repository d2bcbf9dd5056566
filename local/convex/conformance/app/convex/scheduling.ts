import {
  actionGeneric as action,
  internalActionGeneric as internalAction,
  internalMutationGeneric as internalMutation,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

const recordReference = makeFunctionReference<"mutation">("scheduling:record");
const actReference = makeFunctionReference<"action">("scheduling:act");
const failReference = makeFunctionReference<"mutation">("scheduling:fail");
const selfReference = makeFunctionReference<"mutation">("scheduling:countDown");
const throwingReference = makeFunctionReference<"mutation">("scheduling:scheduleThenThrow");

export const record = internalMutation({
  args: { value: v.any() },
  handler: async (ctx, { value }) => {
    await ctx.db.insert("things", { value });
  },
});

export const act = internalAction({
  args: { value: v.any() },
  handler: async (ctx, { value }) => {
    await ctx.runMutation(recordReference, { value });
  },
});

export const fail = internalMutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("things", { value: "never seen" });
    throw new Error("scheduled failure");
  },
});

export const countDown = internalMutation({
  args: { from: v.number() },
  handler: async (ctx, { from }) => {
    await ctx.db.insert("things", { value: from });
    if (from > 1) await ctx.scheduler.runAfter(0, selfReference, { from: from - 1 });
  },
});

export const schedule = mutation({
  args: { kind: v.string(), value: v.any(), delayMs: v.optional(v.number()) },
  handler: (ctx, { kind, value, delayMs = 0 }) => {
    switch (kind) {
      case "mutation":
        return ctx.scheduler.runAfter(delayMs, recordReference, { value });
      case "action":
        return ctx.scheduler.runAfter(delayMs, actReference, { value });
      case "runAt":
        return ctx.scheduler.runAt(Date.now() + delayMs, recordReference, { value });
      case "failing":
        return ctx.scheduler.runAfter(delayMs, failReference, {});
      default:
        return ctx.scheduler.runAfter(delayMs, selfReference, { from: value });
    }
  },
});

export const scheduleFromAction = action({
  args: { values: v.array(v.any()) },
  handler: async (ctx, { values }) => {
    for (const value of values) await ctx.scheduler.runAfter(0, actReference, { value });
  },
});

export const scheduleThenThrow = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.scheduler.runAfter(0, recordReference, { value: "rolled back" });
    throw new Error("after scheduling");
  },
});

export const nestedScheduleIsRolledBack = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.runMutation(throwingReference, {}).catch(() => undefined);
    await ctx.scheduler.runAfter(0, recordReference, { value: "of the caller" });
  },
});

export const scheduleInside = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.runMutation(makeFunctionReference<"mutation">("scheduling:scheduleOne"), {});
  },
});

export const scheduleOne = internalMutation({
  args: {},
  handler: async (ctx) => {
    await ctx.scheduler.runAfter(0, recordReference, { value: "from inside" });
  },
});

export const cancel = mutation({
  args: { id: v.id("_scheduled_functions") },
  handler: (ctx, { id }) => ctx.scheduler.cancel(id),
});

export const scheduleThenCancel = mutation({
  args: {},
  handler: async (ctx) => {
    const id = await ctx.scheduler.runAfter(0, recordReference, { value: "canceled" });
    await ctx.scheduler.cancel(id);
    return (await ctx.db.system.get(id))?.state.kind;
  },
});

export const job = query({
  args: { id: v.id("_scheduled_functions") },
  handler: (ctx, { id }) => ctx.db.system.get(id),
});

export const values = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("things").collect()).map(({ value }) => value),
});
