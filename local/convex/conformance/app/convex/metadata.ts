import {
  actionGeneric as action,
  log,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

export const inQuery = query({
  args: {},
  handler: async (ctx) => ({ ...(await ctx.meta.getFunctionMetadata()) }),
});
export const inMutation = mutation({
  args: {},
  handler: async (ctx) => ({ ...(await ctx.meta.getFunctionMetadata()) }),
});
export const inAction = action({
  args: {},
  handler: async (ctx) => ({ ...(await ctx.meta.getFunctionMetadata()) }),
});

export const deployment = action({
  args: {},
  handler: async (ctx) => {
    const { name, ...rest } = await ctx.meta.getDeploymentMetadata();
    return { name: typeof name, class: typeof rest.class };
  },
});

export const metrics = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("things", { a: 1 });
    await ctx.db.query("things").collect();
    const { documentsRead, documentsWritten, bytesWritten } = await ctx.meta.getTransactionMetrics();
    return { read: documentsRead.used, written: documentsWritten.used, hasBytes: bytesWritten.used > 0 };
  },
});

export const audited = query({
  args: {},
  handler: async () => {
    await log.audit({ action: "seen", ip: log.vars.ip });
    return "ok";
  },
});

const read = makeFunctionReference<"query">("metadata:countThings");
const insertMany = makeFunctionReference<"mutation">("documents:insertMany");

export const countThings = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("things").collect()).length,
});

export const readWithLimit = query({
  args: { documentsRead: v.optional(v.number()) },
  handler: async (ctx, limits): Promise<number> => {
    const options = limits.documentsRead === undefined ? undefined : { transactionLimits: limits };
    const count: number =
      options === undefined ? await ctx.runQuery(read, {}) : await ctx.runQuery(read, {}, options);
    // The limit was for the call alone.
    await ctx.db.query("things").collect();
    return count;
  },
});

export const writeWithLimit = mutation({
  args: { count: v.number(), documentsWritten: v.number() },
  handler: async (ctx, { count, documentsWritten }): Promise<void> => {
    const values = Array.from({ length: count }, (_, n) => ({ n }));
    await ctx.runMutation(insertMany, { values }, { transactionLimits: { documentsWritten } });
  },
});

export const rolledBackIsNotCounted = mutation({
  args: {},
  handler: async (ctx): Promise<number> => {
    const values = Array.from({ length: 5 }, (_, n) => ({ n }));
    await ctx
      .runMutation(insertMany, { values }, { transactionLimits: { documentsWritten: 3 } })
      .catch(() => undefined);
    return (await ctx.meta.getTransactionMetrics()).documentsWritten.used;
  },
});

export const writeTooMuch = mutation({
  args: { count: v.number() },
  handler: async (ctx, { count }) => {
    for (let n = 0; n < count; n += 1) await ctx.db.insert("things", { n });
  },
});
