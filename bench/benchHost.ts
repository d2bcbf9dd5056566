import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { createFunctionHost } from "../local/convex/host/createFunctionHost.ts";
import { callOf, pushBody } from "../local/convex/host/startTestHost.ts";
import type { FunctionHost, FunctionOutcome } from "../local/convex/host/types.ts";
import { bundleModule } from "../local/convex/push/bundleModule.ts";
import { openStore } from "../local/convex/store/openStore.ts";
import type { ConvexJson } from "../local/convex/store/types.ts";

const schema = `
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  docs: defineTable({ key: v.number(), body: v.string() }).index("by_key", ["key"]),
});
`;
const docs = `
import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";
export const add = mutation({
  args: { key: v.number(), body: v.string() },
  handler: (ctx, doc) => ctx.db.insert("docs", doc),
});
export const point = query({
  args: { key: v.number() },
  handler: (ctx, { key }) => ctx.db.query("docs").withIndex("by_key", (q) => q.eq("key", key)).unique(),
});
export const range = query({
  args: { from: v.number(), to: v.number() },
  handler: (ctx, { from, to }) =>
    ctx.db.query("docs").withIndex("by_key", (q) => q.gte("key", from).lt("key", to)).collect(),
});
`;

export interface BenchHost {
  host: FunctionHost;
  query(path: string, args: ConvexJson): Promise<ConvexJson>;
  mutation(path: string, args: ConvexJson): Promise<ConvexJson>;
  close(): Promise<void>;
}

/** The function host with its store, as the HTTP API calls it, in this process. */
export async function openBenchHost(dataDir: string): Promise<BenchHost> {
  const store = openStore({ path: join(dataDir, "convex.sqlite") });
  const host = await createFunctionHost({
    store,
    dataDir,
    cloudUrl: "http://127.0.0.1:1",
    siteUrl: "http://127.0.0.1:2",
    instanceName: "bench",
  });
  return {
    host,
    query: async (path, args) => resultOf((await host.runQuery(callOf(path, args))).outcome),
    mutation: async (path, args) => resultOf((await host.runMutation(callOf(path, args))).outcome),
    close: async () => {
      await host.close();
      await store.close();
    },
  };
}

export async function pushSources(host: FunctionHost, dataDir: string): Promise<void> {
  await symlink(join(import.meta.dirname, "../node_modules"), join(dataDir, "node_modules"));
  const modules = { "schema.js": await bundleModule(schema), "docs.js": await bundleModule(docs) };
  const startPush = await host.pushes.startPush(pushBody(modules));
  await host.pushes.finishPush({ startPush, dryRun: false });
}

function resultOf(outcome: FunctionOutcome): ConvexJson {
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.errorMessage);
}
