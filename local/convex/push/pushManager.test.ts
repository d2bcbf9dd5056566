import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { pushBody, startTestHost, type TestHost } from "../host/startTestHost.ts";

const counter = (value: number) => `
import { queryGeneric as query } from "convex/server";
export const value = query({ handler: () => ${value} });
`;
const schema = (fields: string) => `
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({ notes: defineTable({ ${fields} }).index("by_text", ["text"]) });
`;
const notes = `
import { queryGeneric as query, mutationGeneric as mutation } from "convex/server";
export const add = mutation({ handler: async (ctx, { text }) => { await ctx.db.insert("notes", { text }); } });
export const find = query({ handler: async (ctx, { text }) =>
  (await ctx.db.query("notes").withIndex("by_text", (q) => q.eq("text", text)).collect()).length });
`;

let deployment: TestHost;
beforeEach(async () => {
  deployment = await startTestHost();
});
afterEach(() => deployment.close());

const start = (modules: Record<string, string>) => deployment.host.pushes.startPush(pushBody(modules));

test("a push is live only when it is finished, and after a restart", async () => {
  await deployment.push({ "counter.js": counter(1) });
  await start({ "counter.js": counter(2) });
  expect(await deployment.query("counter:value")).toMatchObject({ value: 1 });
  await deployment.push({ "counter.js": counter(3) });
  await deployment.restart();
  expect(await deployment.query("counter:value")).toMatchObject({ value: 3 });
});

test("unchanged modules may be named by their hash", async () => {
  await deployment.push({ "counter.js": counter(1), "notes.js": notes });
  const hashes = await deployment.host.pushes.configHashes({});
  if (typeof hashes !== "object" || hashes === null || !("moduleHashes" in hashes))
    throw new Error("no hashes");
  const unchanged = Array.isArray(hashes.moduleHashes) ? hashes.moduleHashes : [];
  const body = pushBody({});
  if (typeof body !== "object" || body === null || !("appDefinition" in body)) throw new Error("no body");
  const unchangedModuleHashes = unchanged.map(({ path, environment, hash }) => ({
    path,
    environment,
    sha256: hash,
  }));
  const startPush = await deployment.host.pushes.startPush({
    ...body,
    appDefinition: { ...Object(body.appDefinition), unchangedModuleHashes },
  });
  await deployment.host.pushes.finishPush({ startPush });
  expect(await deployment.query("counter:value")).toMatchObject({ value: 1 });
});

test("new indexes are filled, and documents that do not match stop the push", async () => {
  await deployment.push({ "notes.js": notes });
  await deployment.mutation("notes:add", { text: "a" });
  await expect(
    deployment.push({ "notes.js": notes, "schema.js": schema("text: v.number()") }),
  ).rejects.toThrow('in table \\"notes\\" does not match the schema');
  await deployment.push({ "notes.js": notes, "schema.js": schema("text: v.string()") });
  expect(await deployment.query("notes:find", { text: "a" })).toMatchObject({ value: 1 });
  expect(await deployment.mutation("notes:add", { text: 1 })).toMatchObject({ ok: false });
});

test("names that the globals' shadows collide with do not stop a push", async () => {
  const module = `
import { queryGeneric as query } from "convex/server";
{ var Buffer = "block"; }
const { a: navigator, process: { env } } = { a: "destructured", process };
export const value = query({ handler: () => [Buffer, navigator, typeof env, typeof WebSocket] });
`;
  await deployment.push({ "names.js": module });
  expect(await deployment.query("names:value")).toMatchObject({
    value: ["block", "destructured", "object", "undefined"],
  });
});

test('Node\'s modules are for "use node" files, which hold only actions', async () => {
  const action = `import { actionGeneric as action } from "convex/server";
import { hostname } from "node:os";
export const host = action({ handler: () => [typeof hostname(), typeof Buffer, process.env.CONVEX_SITE_URL] });
`;
  await expect(start({ "host.js": action })).rejects.toMatchObject({
    status: 400,
    message: expect.stringMatching(/convex\/host\.js:\d+ imports "node:os"\n/),
  });
  await deployment.push({ "host.js": `"use node";\n${action}` });
  expect(await deployment.action("host:host")).toMatchObject({
    value: ["string", "function", "http://127.0.0.1:3211"],
  });
  await expect(start({ "counter.js": `"use node";${counter(1)}` })).rejects.toThrow(
    "Only actions can be defined",
  );
});

test("environment variables that the push needs must be set", async () => {
  const auth = "export default { providers: [{ domain: process.env.DOMAIN, applicationID: 'convex' }] };";
  await expect(start({ "auth.config.js": auth })).rejects.toMatchObject({
    code: "AuthConfigMissingEnvironmentVariable",
    message: expect.stringContaining("Environment variable DOMAIN is used in auth config file"),
  });
  const config = `import { defineApp } from "convex/server";
import { v } from "convex/values";
export default defineApp({ env: { DOMAIN: v.string(), MODE: v.optional(v.string()) } });
`;
  await expect(start({ "convex.config.js": config })).rejects.toMatchObject({
    code: "MissingEnvironmentVariables",
    message: expect.stringContaining("are not set: DOMAIN."),
  });
  await deployment.host.env.update([{ name: "DOMAIN", value: "https://example.com" }]);
  const started = await start({ "auth.config.js": auth, "convex.config.js": config });
  expect(started).toMatchObject({
    analysis: {
      "": {
        definition: {
          envVars: [
            ["DOMAIN", { type: "value", value: '{"type":"string"}' }],
            ["MODE", { type: "value", value: '{"type":"string"}', optional: true }],
          ],
        },
      },
    },
  });
  await deployment.host.pushes.finishPush({ startPush: started });
  expect(deployment.host.authProviders).toEqual([{ domain: "https://example.com", applicationID: "convex" }]);
});

test("components are refused by name", async () => {
  const body = {
    ...Object(pushBody({})),
    componentDefinitions: [{ definitionPath: "../node_modules/limiter" }],
  };
  await expect(deployment.host.pushes.startPush(body)).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining("not supported by the embedded deployment: ../node_modules/limiter"),
  });
});

test("a module that throws while it is loaded is named", async () => {
  await expect(start({ "broken.js": "throw new Error('at import');" })).rejects.toThrow(
    "Failed to analyze broken.js: Uncaught Error: at import",
  );
});

test("a push that was only looked at leaves none of its source maps in memory", async () => {
  const evaluate = async (count: number) => {
    const map = JSON.stringify({
      version: 3,
      sources: [],
      mappings: "",
      names: [`${count}`.repeat(4_000_000)],
    });
    const body = Object(pushBody({ "counter.js": counter(count) }));
    const [module] = body.appDefinition.changedModules;
    const changedModules = [{ ...module, sourceMap: map }];
    await deployment.host.pushes.evaluatePush({
      ...body,
      appDefinition: { ...body.appDefinition, changedModules },
    });
  };
  await evaluate(0);
  const before = usedMegabytes();
  for (let count = 1; count <= 8; count++) await evaluate(count);
  expect(usedMegabytes() - before).toBeLessThan(12);
});

function usedMegabytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed / 1e6;
}

test("the push that was looked at is the one that is started, unless a variable changed", async () => {
  const relaxed = await startTestHost({ isStrict: false });
  onTestFinished(() => relaxed.close());
  const { pushes, env } = relaxed.host;
  const body = pushBody({ "loaded.js": loaded });
  const start = async () => {
    await pushes.finishPush({ startPush: await pushes.startPush(body) });
    return await relaxed.query("loaded:value");
  };
  await pushes.evaluatePush(body);
  expect(await start()).toMatchObject({ value: "1 nobody" });
  await pushes.evaluatePush(body);
  await env.update([{ name: "NAME", value: "Ada" }]);
  expect(await start()).toMatchObject({ value: "3 Ada" });
});

/** Answers how often it was imported in this process, and for whom. */
const loaded = `
import { queryGeneric as query } from "convex/server";
const imports = (Promise.imports = (Promise.imports ?? 0) + 1);
const name = process.env.NAME ?? "nobody";
export const value = query({ handler: () => imports + " " + name });
`;
