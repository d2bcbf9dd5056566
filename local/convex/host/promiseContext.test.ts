import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { PromiseContext } from "./promiseContext.ts";

const context = new PromiseContext<string>();

async function seenAcrossTurns(): Promise<(string | undefined)[]> {
  const seen = [context.getStore()];
  await nextTurn();
  seen.push(context.getStore());
  await Promise.reject(new Error("refused")).catch(() => seen.push(context.getStore()));
  // biome-ignore lint/suspicious/noThenProperty: what user code may await
  await { then: (resolve: () => void) => resolve() };
  seen.push(context.getStore());
  return seen;
}

function seenByCallback(): Promise<string | undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(context.getStore())));
}

test("runs that overlap see their own value after each await, and nobody else sees any", async () => {
  const runs = ["first", "second"].map((value) => context.run(value, seenAcrossTurns));
  expect(context.getStore()).toBeUndefined();
  expect(await Promise.all([...runs, seenAcrossTurns()])).toEqual([
    ["first", "first", "first", "first"],
    ["second", "second", "second", "second"],
    [undefined, undefined, undefined, undefined],
  ]);
});

test("an inner run ends with its callback, also one that throws", () => {
  const outer = context.run("outer", () => {
    const inner = context.run("inner", () => context.getStore());
    const thrown = () => {
      context.run("thrown", () => {
        throw new Error("broken");
      });
    };
    expect(thrown).toThrow("broken");
    return [inner, context.exit(() => context.getStore()), context.getStore()];
  });
  expect(outer).toEqual(["inner", undefined, "outer"]);
  expect(context.getStore()).toBeUndefined();
});

test("Node's callbacks are followed for work that asks for it, and within it an inner run counts", async () => {
  expect(await context.run("promises only", seenByCallback)).toBeUndefined();
  const seen = await context.runWithCallbacks("all", async () => [
    await seenByCallback(),
    await context.run("inner", seenAcrossTurns),
    context.exit(() => context.getStore()),
    context.getStore(),
  ]);
  expect(seen).toEqual(["all", ["inner", "inner", "inner", "inner"], undefined, "all"]);
  expect(context.getStore()).toBeUndefined();
});
