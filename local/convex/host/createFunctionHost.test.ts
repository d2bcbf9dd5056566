import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callOf, startTestHost, type TestHost } from "./startTestHost.ts";
import type { FunctionOutcome } from "./types.ts";

const messages = `
import { queryGeneric as query, mutationGeneric as mutation, internalMutationGeneric as internalMutation,
  actionGeneric as action, makeFunctionReference as ref } from "convex/server";
import { v, ConvexError } from "convex/values";

export const send = mutation({
  args: { body: v.string() },
  returns: v.id("messages"),
  handler: (ctx, { body }) => ctx.db.insert("messages", { body }),
});
export const list = query({ handler: async (ctx) => (await ctx.db.query("messages").collect()).map((each) => each.body) });
export const page = query({ handler: (ctx, { cursor }) => ctx.db.query("messages").paginate({ numItems: 1, cursor }) });
export const refuse = internalMutation({
  handler: async (ctx, { body }) => {
    await ctx.db.insert("messages", { body });
    throw new ConvexError({ code: "refused", count: 3n });
  },
});
export const outer = mutation({
  handler: async (ctx) => {
    await ctx.db.insert("messages", { body: "outer" });
    const refused = ctx.runMutation(ref("messages:refuse"), { body: "inner" }).catch((error) => error.data.code);
    const beside = ctx.db.insert("messages", { body: "beside" });
    await beside;
    const seen = await ctx.runQuery(ref("messages:list"), {});
    return [await refused, ...seen];
  },
});
export const recurse = mutation({ handler: (ctx) => ctx.runMutation(ref("messages:recurse"), {}) });
export const wrongType = query({ returns: v.string(), handler: () => 1 });
export const boom = mutation({
  handler: async (ctx) => {
    console.log("before", { a: 1 });
    await ctx.db.insert("messages", { body: "boom" });
    throw new Error("it broke");
  },
});
export const stuck = mutation({
  handler: async (ctx) => {
    await ctx.db.insert("messages", { body: "stuck" });
    await new Promise(() => {});
  },
});
export const viaAction = action({
  handler: async (ctx, { body }) => {
    await ctx.runMutation(ref("messages:send"), { body });
    return ctx.runQuery(ref("messages:list"), {});
  },
});
export const refusedAction = action({
  handler: (ctx) => ctx.runMutation(ref("messages:refuse"), { body: "never" }),
});
export const similar = action({ handler: (ctx) => ctx.vectorSearch("messages", "by_x", { vector: [1], limit: 1 }) });
`;

const globalsModule = `
import { queryGeneric as query, actionGeneric as action } from "convex/server";
function setImmediate() { return "own"; }
export const missing = query({
  handler: () => [typeof Buffer, typeof process.versions, typeof queueMicrotask, typeof globalThis.Buffer, setImmediate()],
});
export const time = query({
  handler: async () => {
    const before = Date.now();
    for (let i = 0; i < 1e6; i++);
    return [Date.now() - before, new Date() - before, new Date(5).getTime(), new Date() instanceof Date];
  },
});
export const fetches = query({ handler: () => fetch("http://127.0.0.1:1/") });
export const env = query({ handler: () => [process.env.GREETING ?? null, process.env.CONVEX_SITE_URL] });
export const sleeps = action({ handler: async () => { await new Promise((done) => setTimeout(done, 1)); return "slept"; } });
`;

/** What is called back may call the platform, on behalf of the function that asked for it. */
const callbacksModule = `
import { actionGeneric as action, makeFunctionReference as ref } from "convex/server";
export const calledBack = action({
  handler: async (ctx) => {
    const call = () => ctx.runQuery(ref("dir/globals:env"), {});
    const byTimer = await new Promise((done) => setTimeout(() => done(call()), 1));
    const byInterval = await new Promise((done) => {
      const timer = setInterval(() => { clearInterval(timer); done(call()); }, 1);
    });
    const signal = AbortSignal.timeout(1);
    const bySignal = await new Promise((done) => { signal.onabort = () => done(call()); });
    return [byTimer, byInterval, bySignal, signal.reason.name];
  },
});
export const streams = action({
  handler: async (ctx) => {
    const seen = [];
    const call = async (from) => { await ctx.runQuery(ref("dir/globals:env"), {}); seen.push(from); };
    let chunks = 0;
    const source = new ReadableStream({
      async pull(controller) { await call("pull"); if (++chunks < 3) controller.enqueue(chunks); else controller.close(); },
    });
    const [read, dropped] = source.tee();
    const transform = new TransformStream({
      async transform(chunk, controller) { await call("transform"); controller.enqueue(chunk); },
    });
    const sink = new WritableStream({ write: () => call("write"), close: () => call("close") });
    await Promise.all([read.pipeThrough(transform).pipeTo(sink), dropped.pipeTo(new WritableStream())]);
    return seen.sort().join();
  },
});
`;
const nodeModule = `"use node";
import { readdir } from "node:fs";
import { actionGeneric as action, makeFunctionReference as ref } from "convex/server";
export const calledBack = action({
  handler: (ctx) => new Promise((done) => readdir("/", () => done(ctx.runQuery(ref("dir/globals:env"), {})))),
});
`;

let deployment: TestHost;
beforeAll(async () => {
  deployment = await startTestHost();
  await deployment.push({
    "messages.js": messages,
    "dir/globals.js": globalsModule,
    "callbacks.js": callbacksModule,
    "node.js": nodeModule,
  });
});
afterAll(() => deployment.close());

function resultOf(outcome: FunctionOutcome): unknown {
  if (!outcome.ok) throw new Error(outcome.errorMessage);
  return outcome.value;
}
function errorOf(outcome: FunctionOutcome): string {
  if (outcome.ok) throw new Error(`Unexpected success: ${JSON.stringify(outcome.value)}`);
  return outcome.errorMessage;
}

describe("queries and mutations", () => {
  test("a failed nested mutation rolls back alone, and its ConvexError reaches the caller", async () => {
    const value = resultOf(await deployment.mutation("messages:outer"));
    expect(value).toEqual(["refused", "outer", "beside"]);
  });

  test("a mutation that throws leaves nothing behind, and its error names the line", async () => {
    const outcome = await deployment.mutation("messages:boom");
    const error = errorOf(outcome);
    expect(error).toMatch(/^\[Request ID: 0123456789abcdef\] Server Error\nUncaught Error: it broke\n/);
    expect(error).toContain("(../convex/messages.js:35:11)");
    expect(outcome.logLines).toMatchObject([{ level: "LOG", messages: ["'before'", "{ a: 1 }"] }]);
    expect(resultOf(await deployment.query("messages:list"))).not.toContain("boom");
  });

  test("arguments and results are validated", async () => {
    expect(errorOf(await deployment.mutation("messages:send", { body: 1 }))).toContain(
      "ArgumentValidationError: Value does not match validator.\nPath: .body\nValue: 1.0\nValidator: v.string()",
    );
    expect(errorOf(await deployment.query("messages:wrongType"))).toContain("ReturnsValidationError");
  });

  test("internal and missing functions look alike from outside", async () => {
    for (const path of ["messages:refuse", "messages:nothing"]) {
      expect(errorOf(await deployment.mutation(path))).toContain(
        `Could not find public function for '${path}'.`,
      );
    }
    const any = await deployment.host.runAny({ ...callOf("messages:nothing"), visibility: "any" });
    expect(errorOf(any)).toContain(
      "Could not find function for 'messages:nothing'. Did you forget to run `npx convex dev`?",
    );
  });

  test("a mutation that never ends fails after a second and the next one runs", async () => {
    expect(errorOf(await deployment.mutation("messages:stuck"))).toContain(
      "Function execution timed out (maximum duration: 1s)",
    );
    expect(resultOf(await deployment.query("messages:list"))).not.toContain("stuck");
    resultOf(await deployment.mutation("messages:send", { body: "after" }));
  });

  test("mutations nest eight deep at most", async () => {
    expect(errorOf(await deployment.mutation("messages:recurse"))).toContain("nested too deeply");
  });

  test("the same session request commits once and answers the same twice", async () => {
    const call = { ...callOf("messages:send", { body: "once" }), session: { sessionId: "s", requestId: 1 } };
    const first = await deployment.host.runMutation(call);
    const second = await deployment.host.runMutation(call);
    expect(second.outcome).toEqual(first.outcome);
    const bodies = resultOf(await deployment.query("messages:list"));
    expect(Array.isArray(bodies) && bodies.filter((body) => body === "once")).toEqual(["once"]);
  });

  test("a page's journal fixes where the page ends", async () => {
    const call = callOf("messages:page", { cursor: null });
    const { journal, readSet } = await deployment.host.runQuery(call);
    expect(readSet.ranges.length).toBeGreaterThan(0);
    const again = await deployment.host.runQuery({ ...call, journal });
    expect(again.journal).toBe(journal);
    expect(resultOf(again.outcome)).toMatchObject({ page: [{ body: "outer" }] });
  });

  test("what is not supported says so", async () => {
    expect(errorOf(await deployment.action("messages:similar"))).toContain(
      "Vector search (ctx.vectorSearch) is not supported by the embedded deployment",
    );
  });
});

describe("actions", () => {
  test("call queries and mutations as transactions of their own", async () => {
    expect(resultOf(await deployment.action("messages:viaAction", { body: "hi" }))).toContain("hi");
  });

  test("pass on the data of a ConvexError", async () => {
    const outcome = await deployment.action("messages:refusedAction");
    expect(outcome).toMatchObject({
      ok: false,
      errorData: { code: "refused", count: { $integer: "AwAAAAAAAAA=" } },
    });
  });

  test("have timers", async () => {
    expect(resultOf(await deployment.action("dir/globals:sleeps"))).toBe("slept");
  });

  test("call the platform from timers, signals and streams, and from Node's callbacks in Node", async () => {
    const env = [null, "http://127.0.0.1:3211"];
    const seen = resultOf(await deployment.action("callbacks:calledBack"));
    expect(seen).toEqual([env, env, env, "TimeoutError"]);
    const inStreams = resultOf(await deployment.action("callbacks:streams"));
    expect(inStreams).toBe("close,pull,pull,pull,transform,transform,write,write");
    expect(resultOf(await deployment.action("node:calledBack"))).toEqual(env);
  });
});

describe("globals", () => {
  test("what Convex's runtime lacks is undefined, and a module's own names win", async () => {
    const value = resultOf(await deployment.query("dir/globals:missing"));
    expect(value).toEqual(["undefined", "undefined", "undefined", "undefined", "own"]);
  });

  test("time stands still in a query", async () => {
    expect(resultOf(await deployment.query("dir/globals:time"))).toEqual([0, 0, 5, true]);
  });

  test("fetch throws in a query", async () => {
    expect(errorOf(await deployment.query("dir/globals:fetches"))).toContain(
      "Can't use fetch() in queries and mutations.",
    );
  });

  test("environment variables are seen at once, survive a restart and are checked", async () => {
    let invalidations = 0;
    deployment.host.onInvalidateAll(() => {
      invalidations += 1;
    });
    await deployment.host.env.update([{ name: "GREETING", value: "hello" }]);
    expect(invalidations).toBe(1);
    await deployment.restart();
    expect(resultOf(await deployment.query("dir/globals:env"))).toEqual(["hello", "http://127.0.0.1:3211"]);
    await expect(deployment.host.env.update([{ name: "CONVEX_X", value: "1" }])).rejects.toThrow("reserved");
    await expect(deployment.host.env.update([{ name: "A".repeat(41), value: "1" }])).rejects.toThrow(
      "at most 40",
    );
  });
});
