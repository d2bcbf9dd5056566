import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { callOf, startTestHost, type TestHost, untilCommitted } from "../host/startTestHost.ts";
import { Faults } from "./faults.ts";

const counterModule = `
import { mutationGeneric as mutation, queryGeneric as query, actionGeneric as action, makeFunctionReference as ref } from "convex/server";
export const add = mutation(async (ctx) => {
  console.log("adding");
  return await ctx.db.insert("added", {});
});
export const look = mutation(async (ctx) => (await ctx.db.query("added").collect()).length);
export const count = query(async (ctx) => (await ctx.db.query("added").collect()).length);
export const addTwice = action(async (ctx) => {
  try {
    await ctx.runMutation(ref("counter:add"), {});
    await ctx.runMutation(ref("counter:add"), {});
  } finally {
    await ctx.runMutation(ref("counter:add"), {});
  }
});
export const message = action(async (ctx) => {
  try { await ctx.runMutation(ref("counter:add"), {}); return "added"; } catch (error) { return error.message; }
});
export const later = mutation(async (ctx) => { await ctx.scheduler.runAfter(0, ref("counter:add"), {}); });
export const laterAction = mutation(async (ctx) => await ctx.scheduler.runAfter(0, ref("counter:addTwice"), {}));
export const job = query(async (ctx, { id }) => (await ctx.db.system.get(id)).state);
`;
const httpModule = `
import { httpActionGeneric as httpAction, httpRouter } from "convex/server";
const http = httpRouter();
http.route({ path: "/stream", method: "GET", handler: httpAction(async () => {
  let sent = 0;
  return new Response(new ReadableStream({ pull: (controller) => {
    controller.enqueue(new TextEncoder().encode(String(sent++)));
    if (sent === 10) controller.close();
  } }, { highWaterMark: 0 }));
}) });
export default http;
`;

let faults: Faults;
let host: TestHost;
beforeEach(async () => {
  faults = new Faults();
  host = await startTestHost({ faults });
  await host.push({ "counter.js": counterModule, "http.js": httpModule });
});
afterEach(() => host.close());

const count = async () => (await host.query("counter:count")) as { value: number };

test("a mutation that loses four conflicts runs a fifth time and commits once", async () => {
  faults.configure({ writeConflicts: { functions: ["counter:add"], times: 4 } });
  const outcome = await host.mutation("counter:add");
  expect(outcome).toMatchObject({ ok: true });
  expect(outcome.logLines).toHaveLength(1);
  expect(faults.describe().happened.writeConflicts).toBe(4);
  expect(await count()).toMatchObject({ value: 1 });
});

test("a mutation that loses five conflicts leaves nothing and fails as on Convex", async () => {
  faults.configure({ writeConflicts: {} });
  await expect(host.host.runMutation(callOf("counter:add"))).rejects.toMatchObject({
    status: 503,
    code: "OptimisticConcurrencyControlFailure",
    message: expect.stringContaining("on every subsequent retry. See https://docs.convex.dev/error#1"),
  });
  faults.configure({});
  expect(await count()).toMatchObject({ value: 0 });
});

test("an action catches the conflict of a mutation it calls", async () => {
  faults.configure({ writeConflicts: {} });
  expect(await host.action("counter:message")).toMatchObject({
    value: expect.stringContaining("changed while this mutation was being run"),
  });
});

test("a mutation that writes nothing, or is not named, has no conflicts", async () => {
  faults.configure({ writeConflicts: { functions: ["counter:look"] } });
  await host.mutation("counter:look");
  await host.mutation("counter:add");
  expect(faults.describe().happened.writeConflicts).toBe(0);
});

test("a scheduled mutation survives conflicts and runs exactly once", async () => {
  faults.configure({ writeConflicts: { functions: ["counter:add"], times: 6 } });
  vi.spyOn(console, "error").mockImplementation(() => {});
  await host.mutation("counter:later");
  await untilCommitted(host.host, async () => (await count()).value > 0);
  expect(await count()).toMatchObject({ value: 1 });
  vi.restoreAllMocks();
});

test.each([
  ["start", 0],
  [{ beforeCall: 2 }, 1],
  [{ afterCall: 2 }, 2],
])("an action killed at %j has done %i things, and its finally blocks do nothing", async (at, done) => {
  faults.configure({ killedActions: { functions: ["counter:addTwice"], times: 1, at } });
  await expect(host.host.runAction(callOf("counter:addTwice"))).rejects.toMatchObject({ status: 500 });
  expect(await count()).toMatchObject({ value: done });
  expect(await host.action("counter:addTwice")).toMatchObject({ ok: true });
  expect(await count()).toMatchObject({ value: done + 3 });
});

test("a scheduled action that is killed has failed and is not run again", async () => {
  faults.configure({ killedActions: { at: { afterCall: 1 }, times: 1 } });
  const scheduled = await host.mutation("counter:laterAction");
  const id = scheduled.ok ? scheduled.value : null;
  const state = async () => {
    const outcome = await host.query("counter:job", { id });
    return outcome.ok ? outcome.value : null;
  };
  await untilCommitted(host.host, async () => JSON.stringify(await state()).includes("failed"));
  expect(await state()).toEqual({ kind: "failed", error: "Transient error while executing action" });
  expect(await count()).toMatchObject({ value: 1 });
});

test("the body of a killed HTTP action breaks off after the chunks of choice", async () => {
  faults.configure({ killedActions: { functions: ["GET /stream"], at: { afterChunk: 3 } } });
  const { response, finish } = await host.http(new Request("http://127.0.0.1/stream"));
  const reader = response.body?.getReader();
  for (let read = 0; read < 3; read++) expect(await reader?.read()).toMatchObject({ done: false });
  await expect(reader?.read()).rejects.toThrow("Your request couldn't be completed");
  finish();
});

test("a slow commit is visible to others before its caller learns of it", async () => {
  faults.configure({ slowCommits: { delayMs: 300 } });
  let isAcknowledged = false;
  const adding = host.mutation("counter:add").then(() => {
    isAcknowledged = true;
  });
  await untilCommitted(host.host, async () => (await count()).value === 1);
  expect(isAcknowledged).toBe(false);
  await adding;
});

test("the same seed gives the same conflicts", async () => {
  const run = async () => {
    faults.configure({ seed: 7, writeConflicts: { ratio: 0.3, times: 4 } });
    const conflicts: number[] = [];
    for (let call = 0; call < 12; call++) {
      await host.mutation("counter:add");
      conflicts.push(faults.describe().happened.writeConflicts);
    }
    return conflicts;
  };
  expect(await run()).toEqual(await run());
});

test("settings that mean nothing are refused", () => {
  expect(() => faults.configure({ writeConflict: {} })).toThrow("writeConflict");
  expect(() => faults.configure({ writeConflicts: { ratio: 2 } })).toThrow("ratio");
});
