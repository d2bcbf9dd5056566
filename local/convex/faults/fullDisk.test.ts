import { afterAll, beforeAll, expect, test } from "vitest";
import { callOf, startTestHost, type TestHost, untilCommitted } from "../host/startTestHost.ts";
import { Faults } from "./faults.ts";

const files = `
import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query, makeFunctionReference as ref } from "convex/server";
const body = "x".repeat(500_000);
export const add = mutation(async (ctx) => {
  await ctx.db.insert("small", {});
  await ctx.db.insert("large", { body });
});
export const swallow = mutation(async (ctx) => {
  await ctx.db.insert("small", {});
  await ctx.db.insert("large", { body }).catch(() => {});
});
export const later = mutation(async (ctx) => { await ctx.scheduler.runAfter(0, ref("files:add"), {}); });
export const viaAction = action((ctx) => ctx.runMutation(ref("files:add"), {}).catch((error) => error.message));
export const count = query(async (ctx) => [
  (await ctx.db.query("small").collect()).length, (await ctx.db.query("large").collect()).length,
]);
`;

let host: TestHost;
const faults = new Faults();
beforeAll(async () => {
  host = await startTestHost({ faults });
  await host.push({ "files.js": files });
  await host.mutation("files:add");
});
afterAll(() => host.close());

const counts = () => host.query("files:count");

test("a full disk refuses writes whole, goes on serving reads, and takes writes again when there is room", async () => {
  faults.configure({ fullDisk: { spareBytes: 100_000 } });
  const refusal = {
    status: 503,
    code: "DatabaseNotWritable",
    message: expect.stringContaining("SQLITE_FULL"),
  };
  for (const path of ["files:add", "files:swallow"]) {
    await expect(host.host.runMutation(callOf(path))).rejects.toMatchObject(refusal);
  }
  expect(await host.action("files:viaAction")).toMatchObject({ value: expect.stringContaining("make room") });
  expect(await counts()).toMatchObject({ value: [1, 1] });
  expect(await host.mutation("files:later")).toMatchObject({ ok: true });
  faults.configure({});
  expect(await host.mutation("files:add")).toMatchObject({ ok: true });
  await untilCommitted(host.host, async () => JSON.stringify(await counts()).includes("[3,3]"));
  await host.restart();
  expect(await counts()).toMatchObject({ value: [3, 3] });
});
