import { afterAll, beforeAll, expect, test } from "vitest";
import { callOf, startTestHost, type TestHost, untilCommitted } from "../host/startTestHost.ts";

const jobs = `
import { queryGeneric as query, mutationGeneric as mutation, actionGeneric as action, makeFunctionReference as ref } from "convex/server";
import { v } from "convex/values";
export const note = mutation({ args: { text: v.string() }, handler: async (ctx, { text }) => { await ctx.db.insert("notes", { text }); } });
export const fail = mutation({ handler: async (ctx) => { await ctx.db.insert("notes", { text: "failed" }); throw new Error("no"); } });
export const act = action({ handler: (ctx) => ctx.runMutation(ref("jobs:note"), { text: "acted" }) });
export const hang = action({ handler: () => new Promise(() => {}) });
export const plan = mutation({ handler: (ctx, { name, delay, args }) => ctx.scheduler.runAfter(delay, ref(name), args) });
export const planAndThrow = mutation({ handler: async (ctx) => {
  await ctx.scheduler.runAfter(0, ref("jobs:note"), { text: "never" });
  throw new Error("changed my mind");
} });
export const cancel = mutation({ handler: (ctx, { id }) => ctx.scheduler.cancel(id) });
export const job = query({ handler: async (ctx, { id }) => (await ctx.db.system.get(id)).state });
export const notes = query({ handler: async (ctx) => (await ctx.db.query("notes").collect()).map((note) => note.text) });
`;
const crons = `
import { cronJobs, makeFunctionReference as ref } from "convex/server";
const crons = cronJobs();
crons.interval("tick", { hours: 1 }, ref("jobs:note"), { text: "tick" });
crons.daily("night", { hourUTC: 3, minuteUTC: 0 }, ref("jobs:act"));
export default crons;
`;

let deployment: TestHost;
beforeAll(async () => {
  deployment = await startTestHost();
  await deployment.push({ "jobs.js": jobs });
});
afterAll(() => deployment.close());

async function resultOf(path: string, args: Parameters<typeof callOf>[1] = {}): Promise<unknown> {
  const outcome = await deployment.host.runAny(callOf(path, args));
  if (!outcome.ok) throw new Error(outcome.errorMessage);
  return outcome.value;
}
async function plan(name: string, args = {}, delay = 0): Promise<string> {
  return String(await resultOf("jobs:plan", { name, delay, args }));
}
function untilState(id: string, state: object): Promise<void> {
  const expected = JSON.stringify(state);
  return untilCommitted(
    deployment.host,
    async () => JSON.stringify(await resultOf("jobs:job", { id })) === expected,
  );
}

test("scheduled mutations and actions run and are marked as done", async () => {
  const mutation = await plan("jobs:note", { text: "later" });
  const action = await plan("jobs:act");
  await untilState(mutation, { kind: "success" });
  await untilState(action, { kind: "success" });
  expect(await resultOf("jobs:notes")).toEqual(expect.arrayContaining(["later", "acted"]));
});

test("a failed scheduled mutation is recorded and rolled back", async () => {
  const id = await plan("jobs:fail");
  await untilCommitted(deployment.host, async () => {
    const state = await resultOf("jobs:job", { id });
    return JSON.stringify(state).includes('"failed"');
  });
  expect(await resultOf("jobs:job", { id })).toMatchObject({
    error: expect.stringContaining("Uncaught Error: no"),
  });
  expect(await resultOf("jobs:notes")).not.toContain("failed");
});

test("what a failed mutation scheduled never runs, and arguments are checked when scheduling", async () => {
  await expect(resultOf("jobs:planAndThrow")).rejects.toThrow("changed my mind");
  await expect(plan("jobs:note", { text: 1 })).rejects.toThrow("ArgumentValidationError");
  await expect(plan("jobs:none")).rejects.toThrow("nonexistent path");
  await untilState(await plan("jobs:note", { text: "fence" }), { kind: "success" });
  expect(await resultOf("jobs:notes")).not.toContain("never");
});

test("a cancelled job does not run", async () => {
  const id = await plan("jobs:note", { text: "cancelled" }, 60_000);
  await resultOf("jobs:cancel", { id });
  expect(await resultOf("jobs:job", { id })).toEqual({ kind: "canceled" });
});

test("an action in progress at a restart has failed; a pending job runs after it", async () => {
  const hanging = await plan("jobs:hang");
  await untilState(hanging, { kind: "inProgress" });
  const pending = await plan("jobs:note", { text: "after the restart" }, 300);
  await deployment.restart();
  expect(await resultOf("jobs:job", { id: hanging })).toMatchObject({ kind: "failed" });
  await untilState(pending, { kind: "success" });
});

test("an interval runs when it is deployed, and not again when it is deployed unchanged", async () => {
  const ticks = async () => {
    const notes = await resultOf("jobs:notes");
    return Array.isArray(notes) ? notes.filter((text) => text === "tick").length : 0;
  };
  await deployment.push({ "jobs.js": jobs, "crons.js": crons });
  await untilCommitted(deployment.host, async () => (await ticks()) === 1);
  await deployment.push({ "jobs.js": jobs, "crons.js": crons });
  await untilState(await plan("jobs:note", { text: "fence" }), { kind: "success" });
  expect(await ticks()).toBe(1);
});
