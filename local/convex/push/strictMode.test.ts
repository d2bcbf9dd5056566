import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startTestHost, type TestHost } from "../host/startTestHost.ts";
import type { FunctionOutcome } from "../host/types.ts";

const stateful = `
import { queryGeneric as query, mutationGeneric as mutation, actionGeneric as action, makeFunctionReference as ref } from "convex/server";
import { calls } from "./shared.js";
let count = 0;
globalThis.total ??= 0;
export const bump = query({ handler: () => [++count, calls.push(1), ++globalThis.total] });
export const twice = action({ handler: async (ctx) => {
  count += 1;
  await new Promise((done) => setTimeout(done, 1));
  return [count, await ctx.runQuery(ref("stateful:bump"), {})];
} });
export const nested = mutation({ handler: async (ctx) => { count += 1; return [count, await ctx.runQuery(ref("stateful:bump"), {})]; } });
export const fails = query({ handler: () => {
  throw new Error("here");
} });
`;
const isolate = `
import { queryGeneric as query, mutationGeneric as mutation, actionGeneric as action } from "convex/server";
const importedAt = Date.now();
export const names = query({ handler: () => Object.entries({
  Buffer: typeof Buffer, setImmediate: typeof setImmediate, queueMicrotask: typeof queueMicrotask, MessageEvent: typeof MessageEvent,
  navigator: typeof navigator, global: typeof global, require: typeof require, CompressionStream: typeof CompressionStream,
  abort: typeof AbortSignal.abort, hrtime: typeof process.hrtime, byName: typeof globalThis.Buffer, gc: typeof gc,
}).filter(([, type]) => type !== "undefined") });
export const present = query({ handler: () => [
  new AbortController().signal instanceof AbortSignal, typeof AbortSignal.any, typeof AsyncLocalStorage, typeof self.fetch,
  self === globalThis, typeof structuredClone({ a: 1 }), typeof WebAssembly, typeof SubtleCrypto, new Headers({ a: "b" }).get("a"),
] });
export const transfers = query({ handler: () => structuredClone(new ArrayBuffer(1), { transfer: [] }) });
export const random = query({ handler: () => [Math.random(), Math.random(), Math.max(1, 2)] });
export const dice = action({ handler: () => [Math.random(), Math.random()] });
export const importTime = query({ handler: () => importedAt });
export const waits = query({ handler: () => { setTimeout(() => {}, 1); } });
export const times = query({ handler: () => { AbortSignal.timeout(5); } });
`;

let host: TestHost;
beforeAll(async () => {
  host = await startTestHost();
  await host.push({
    "stateful.js": stateful,
    "shared.js": "export const calls = [];",
    "isolate.js": isolate,
  });
});
afterAll(() => host.close());

const resultOf = (outcome: FunctionOutcome) => (outcome.ok ? outcome.value : outcome.errorMessage);

describe("module state", () => {
  test("does not outlive a call, neither a binding nor an object nor a global", async () => {
    for (let call = 0; call < 3; call++) {
      expect(resultOf(await host.query("stateful:bump"))).toEqual([1, 1, 1]);
    }
  });

  test("lasts as long as its own call, and is not shared with the functions it calls", async () => {
    expect(resultOf(await host.action("stateful:twice"))).toEqual([1, [1, 1, 1]]);
    expect(resultOf(await host.mutation("stateful:nested"))).toEqual([1, [1, 1, 1]]);
  });

  test("is kept where strict mode is off", async () => {
    const loose = await startTestHost({ isStrict: false });
    await loose.push({ "stateful.js": stateful, "shared.js": "export const calls = [];" });
    await loose.query("stateful:bump");
    expect(resultOf(await loose.query("stateful:bump"))).toEqual([2, 2, 2]);
    await loose.close();
    expect(Reflect.get(globalThis, "total")).toBeUndefined();
  });

  test("does not blur where an error comes from", async () => {
    expect(resultOf(await host.query("stateful:fails"))).toContain("(../convex/stateful.js:14:9)");
  });
});

describe.each([true, false])("globals, strict: %s", (isStrict) => {
  let own: TestHost;
  beforeAll(async () => {
    own = await startTestHost({ isStrict });
    await own.push({ "isolate.js": isolate });
  });
  afterAll(() => own.close());

  test("are those of Convex's isolate and no others", async () => {
    expect(resultOf(await own.query("isolate:names"))).toEqual([]);
    expect(resultOf(await own.query("isolate:present"))).toEqual([
      true,
      "function",
      "function",
      "function",
      true,
      "object",
      "object",
      "function",
      "b",
    ]);
    expect(resultOf(await own.query("isolate:transfers"))).toContain(
      "structuredClone with transfer not supported",
    );
  });

  test("are frozen in time, and queries have no timers", async () => {
    expect(resultOf(await own.query("isolate:importTime"))).toBe(
      resultOf(await own.query("isolate:importTime")),
    );
    for (const path of ["isolate:waits", "isolate:times"]) {
      expect(resultOf(await own.query(path))).toContain("Can't use setTimeout in queries and mutations");
    }
  });

  test("give a query the same random numbers when the same call runs at the same time, an action others", async () => {
    const roll = async (now: number) => {
      vi.useFakeTimers({ toFake: ["Date"], now });
      const rolled = resultOf(await own.query("isolate:random"));
      vi.useRealTimers();
      return rolled;
    };
    const first = await roll(1_000);
    expect(first).toEqual([expect.any(Number), expect.any(Number), 2]);
    expect(await roll(1_000)).toEqual(first);
    expect(await roll(2_000)).not.toEqual(first);
    const [one, two] = first as number[];
    expect(one).not.toBe(two);
    expect(resultOf(await own.action("isolate:dice"))).not.toEqual(
      resultOf(await own.action("isolate:dice")),
    );
  });
});

test("a module that waits at its top level is refused in strict mode, naming the module", async () => {
  const source = "await Promise.resolve(); export const x = 1;";
  await expect(host.push({ "waits.js": source })).rejects.toThrow("waits.js");
});
