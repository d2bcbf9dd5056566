/** The same functions on convex-test, which keeps everything in memory; in a process of its own, as both own `globalThis.Convex`. */
import {
  defineSchema,
  defineTable,
  makeFunctionReference,
  mutationGeneric,
  queryGeneric,
} from "convex/server";
import { v } from "convex/values";
import { median } from "./median.ts";
import { perSecond } from "./perSecond.ts";

export interface OracleTask {
  size: number;
  /** Documents of a range. */
  width: number;
  body: string;
}
/** Per second. */
export interface OracleFigures {
  points: number;
  ranges: number;
  mutations: number;
}

import { convexTest } from "convex-test";

const schema = defineSchema({
  docs: defineTable({ key: v.number(), body: v.string() }).index("by_key", ["key"]),
});
const docs = {
  add: mutationGeneric({
    args: { key: v.number(), body: v.string() },
    handler: (ctx, doc) => ctx.db.insert("docs", doc),
  }),
  fill: mutationGeneric({
    args: { from: v.number(), to: v.number(), body: v.string() },
    handler: async (ctx, { from, to, body }) => {
      for (let key = from; key < to; key++) await ctx.db.insert("docs", { key, body });
    },
  }),
  range: queryGeneric({
    args: { from: v.number(), to: v.number() },
    handler: (ctx, { from, to }) =>
      ctx.db
        .query("docs")
        .withIndex("by_key", (q) => q.gte("key", from).lt("key", to))
        .collect(),
  }),
};

const oracle = convexTest(schema, { "./_generated/api.js": async () => ({}), "./docs.ts": async () => docs });
const call = {
  add: makeFunctionReference<"mutation">("docs:add"),
  fill: makeFunctionReference<"mutation">("docs:fill"),
  range: makeFunctionReference<"query">("docs:range"),
};

/** Median of three rounds after one that warms up. */
async function rate(count: number, work: (index: number) => Promise<unknown>): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round < 4; round++)
    rates.push(await perSecond(count, { atOnce: 1, clock: "cpu" }, work));
  return median(rates.slice(1));
}

const { size, width, body } = JSON.parse(process.argv[2] ?? "{}") as OracleTask;
await oracle.mutation(call.fill, { from: 0, to: size, body });
const at = (index: number) => (index * 7_919) % (size - width);
const figures: OracleFigures = {
  points: await rate(100, (index) => oracle.query(call.range, { from: at(index), to: at(index) + 1 })),
  ranges: await rate(100, (index) => oracle.query(call.range, { from: at(index), to: at(index) + width })),
  mutations: await rate(100, (index) => oracle.mutation(call.add, { key: size + index, body })),
};
console.log(JSON.stringify(figures));
