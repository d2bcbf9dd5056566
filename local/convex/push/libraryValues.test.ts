import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { callOf, startTestHost } from "../host/startTestHost.ts";
import { bundleModule } from "./bundleModule.ts";
import { withLibraryValues } from "./libraryValues.ts";

/** Changes whatever it is given or reads, after it was stored, before it is returned or used again. */
const MODULE = `
import { actionGeneric as action, anyApi, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";
const item = () => ({
  label: 'text "quoted" \\u2028 \\ud800 \\u00e9',
  numbers: [0, -0, 1.5, Number.NaN, -Infinity, 10n, 2n ** 62n],
  bytes: new Uint8Array([1, 2, 255]).buffer,
  nested: { 2: "two", 1: "one", list: [{ a: null }, {}], missing: undefined },
});
export const insert = mutation({ handler: async (ctx) => {
  const value = item();
  const id = await ctx.db.insert("items", value);
  value.nested.list.push("changed by its writer");
  return id;
} });
export const read = query({ handler: async (ctx, { id }) => {
  const item = await ctx.db.get(id);
  item.nested.list?.push("changed by a reader");
  delete item.label;
  const again = await ctx.db.get(id);
  const [found] = await ctx.db.query("items").collect();
  found.nested = null;
  const { page } = await ctx.db.query("items").paginate({ cursor: null, numItems: 1 });
  return { again, page, missing: undefined, isNegative: Object.is(again.numbers[1], -0) };
} });
export const change = mutation({ handler: async (ctx, { id, nested }) => {
  await ctx.db.patch(id, { nested, label: undefined });
  nested.deep.push("changed after the patch");
  const inner = await ctx.runQuery(anyApi.m.read, { id });
  inner.again.nested.deep.push("changed by its caller");
  await ctx.db.replace(id, { nested: inner.page[0].nested });
  const replaced = await ctx.db.get(id);
  await ctx.db.delete(id);
  return [replaced, await ctx.db.get(id)];
} });
export const count = mutation({ args: { by: v.object({ n: v.number() }) }, returns: v.object({ n: v.number() }), handler: async (_, { by }) => {
  by.n += 1;
  return by;
} });
export const call = action({ handler: async (ctx, { id }) => {
  const by = { n: 1 };
  const counted = await ctx.runMutation(anyApi.m.count, { by });
  const read = await ctx.runQuery(anyApi.m.read, { id });
  read.again.nested.list.push("changed by an action");
  const identity = await ctx.auth.getUserIdentity();
  identity.name = "changed by its owner";
  const { name } = await ctx.auth.getUserIdentity();
  return { by, counted, read: await ctx.runQuery(anyApi.m.read, { id }), name };
} });
export const nothing = query({ handler: () => undefined });
export const wrong = mutation({ returns: v.number(), handler: () => "text" });
export const large = query({ handler: () => "x".repeat(17 * 1024 * 1024) });
export const fails = mutation({ handler: (ctx) => ctx.db.insert("items", { $bad: 1 }) });
`;

let source: string;
beforeAll(async () => {
  source = await bundleModule(MODULE);
});

const ada = { tokenIdentifier: "test|ada", issuer: "test", subject: "ada", name: "Ada" };

/** What all functions return, with what differs in any two runs made equal. */
async function outcomes(isStrict: boolean): Promise<unknown> {
  const test = await startTestHost({ isStrict });
  try {
    await test.push({ "m.js": source });
    const inserted = await test.mutation("m:insert");
    const id = inserted.ok ? inserted.value : null;
    const results = [
      await test.query("m:read", { id }),
      await test.host.runAction({ ...callOf("m:call", { id }), identity: { kind: "admin", actingAs: ada } }),
      await test.query("m:read", { id }),
      await test.mutation("m:change", { id, nested: { deep: ["as sent"] } }),
      await test.query("m:nothing"),
      await test.mutation("m:wrong"),
      await test.mutation("m:fails"),
      await test.query("m:large"),
    ];
    const text = JSON.stringify(results)
      .replaceAll(String(id), "the id")
      .replaceAll(/"_creationTime":[\d.]+/g, '"_creationTime":0')
      .replaceAll(/return value is too large \(\d+/g, "return value is too large (N")
      .replaceAll(/(m\.js:\d+):\d+/g, "$1");
    return JSON.parse(text);
  } finally {
    await test.close();
  }
}

test("what passes as a value is what passes as text, and nobody sees what another changed in it", async () => {
  const asText = await outcomes(true);
  const asValues = await outcomes(false);
  expect(asValues).toEqual(asText);
  expect(asValues).toMatchObject([
    {
      ok: true,
      value: { again: { nested: { list: [{ a: null }, {}], 1: "one", 2: "two" } }, isNegative: true },
    },
    { ok: true, value: { by: { n: 1 }, counted: { n: 2 }, name: "Ada" } },
    {
      ok: true,
      value: { page: [{ label: 'text "quoted" \u2028 \ud800 \u00e9', bytes: { $bytes: "AQL/" } }] },
    },
    { ok: true, value: [{ nested: { deep: ["as sent"] } }, null] },
    { ok: true, value: null },
    { ok: false, errorMessage: expect.stringContaining("ReturnsValidationError") },
    { ok: false },
    { ok: false, errorMessage: expect.stringContaining("return value is too large") },
  ]);
});

test("nothing of a request is left as text, minified or not", async () => {
  for (const text of [source, await bundleModule(MODULE, { isMinified: false })]) {
    const [module] = withLibraryValues([{ path: "m.js", source: text, environment: "isolate" }]);
    expect(module?.source).not.toMatch(/Convex\.\w+\(\w+, JSON/);
    expect(module?.source.match(/\bConvex\.(?:syscall|asyncSyscall)\(\w+, \w+\);/g)).toHaveLength(2);
    expect(module?.source.match(/\.passed \?\? JSON\.parse\(/g)).toHaveLength(3);
    expect(module?.source.match(/\(\{ passed: /g)).toHaveLength(3);
    expect(module?.source.match(/\$field = 0/g)).toHaveLength(2);
    expect(module?.source.split("\n").length).toBe(text.split("\n").length);
  }
});

describe("values by the changed library", () => {
  type Convert = (value: unknown) => unknown;
  let plain: { convexToJson: Convert; jsonToConvex: Convert };
  let changed: typeof plain;
  beforeAll(async () => {
    const [text, other] = [await bundleModule(VALUES), await bundleModule(VALUES, { isMinified: false })];
    const [module] = withLibraryValues([{ path: "m.js", source: text, environment: "isolate" }]);
    plain = await imported(other);
    changed = await imported(module?.source ?? "");
  });

  test("are those of the plain one, in the same order, or fail with the same words", () => {
    fc.assert(
      fc.property(anything, (value) => {
        const json = outcome(() => plain.convexToJson(value));
        expect(outcome(() => changed.convexToJson(value))).toBe(json);
        if (json.startsWith("{")) {
          const parsed: unknown = JSON.parse(json);
          expect(outcome(() => changed.jsonToConvex(parsed))).toBe(outcome(() => plain.jsonToConvex(parsed)));
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    { $bytes: "AQI=" },
    { $integer: "AQAAAAAAAAA=" },
    { $integer: "AQ==" },
    { $float: "AAAAAAAAAIA=" },
    { $float: "AAAAAAAA8D8=" },
    { $commitTs: null },
    { $set: [] },
    { $map: [] },
    { $other: 1 },
    { $bytes: 1 },
    { a: 1, $b: 2 },
    { "\u00e9": 1 },
  ])("of the special object %j too", (json) => {
    expect(outcome(() => changed.jsonToConvex(json))).toBe(outcome(() => plain.jsonToConvex(json)));
  });

  const name = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom("$bytes", "10", "2", "_id", "\u00e9"));
  const { anything } = fc.letrec((tie) => ({
    anything: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, undefined, new Set([1]), new Map(), new Date(0), () => 1),
      fc.double(),
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
      fc.string(),
      fc.uint8Array({ maxLength: 4 }).map(({ buffer }) => buffer),
      fc.array(tie("anything"), { maxLength: 4 }),
      fc.dictionary(name, tie("anything"), { maxKeys: 6 }),
    ),
  }));
});

const VALUES = 'export { convexToJson, jsonToConvex } from "convex/values";';

async function imported<T>(source: string): Promise<T> {
  return (await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`)) as T;
}

/** A value with its order of fields, or the words of the error. */
function outcome(run: () => unknown): string {
  try {
    return JSON.stringify(run(), (_, value: unknown) => {
      if (typeof value === "bigint") return `${value}n`;
      if (Object.is(value, -0)) return "-0";
      if (typeof value === "number" && !Number.isFinite(value)) return String(value);
      return value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value;
    });
  } catch (error) {
    return String(error);
  }
}
