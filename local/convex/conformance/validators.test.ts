import { describe, expect } from "vitest";
import { behaviour } from "./target.ts";

describe("argument validators", () => {
  for (const [kind, name] of [
    ["query", "validation:inQuery"],
    ["mutation", "validation:inMutation"],
    ["action", "validation:inAction"],
  ] as const) {
    behaviour(`of a ${kind} refuse missing, wrong and extra fields`, async (target) => {
      const call = (args: Record<string, unknown>) => target[kind](name, args);
      await expect(call({})).rejects.toThrow();
      await expect(call({ text: 5 })).rejects.toThrow();
      await expect(call({ text: "x", extra: 1 })).rejects.toThrow();
      expect(await call({ text: "x" })).toEqual({ text: "x" });
      expect(await call({ text: "x", maybe: 1 })).toEqual({ text: "x", maybe: 1 });
      await expect(call({ text: "x", maybe: "1" })).rejects.toThrow();
    });
  }

  behaviour("of unions take each member and nothing else", async (target) => {
    expect(await target.query("validation:union", { value: { kind: "a", n: 1 } })).toBe("a");
    expect(await target.query("validation:union", { value: { kind: "b" } })).toBe("b");
    expect(await target.query("validation:union", { value: null })).toBeNull();
    await expect(target.query("validation:union", { value: { kind: "a" } })).rejects.toThrow();
    await expect(target.query("validation:union", { value: { kind: "c" } })).rejects.toThrow();
  });

  behaviour("know every type of value", async (target) => {
    const value = {
      boolean: true,
      bigint: 3n,
      number: -0.5,
      bytes: new Uint8Array([1, 2]).buffer,
      array: ["a", 1],
      record: { k: 1 },
      literal: "x",
      any: [null],
    };
    expect(await target.query("validation:every", { value })).toEqual(value);
    const wrong = { boolean: 1, bigint: 3, number: 3n, bytes: "AQI=", array: [true], literal: "y" };
    for (const [name, bad] of Object.entries(wrong)) {
      await expect(
        target.query("validation:every", { value: { ...value, [name]: bad } }),
        name,
      ).rejects.toThrow();
    }
  });

  behaviour("of ids refuse those of other tables and what is no id", async (target) => {
    const thing = await target.mutation("documents:insert", { value: {} });
    const typed = await target.mutation("documents:insert", { table: "typed", value: { name: "x" } });
    expect(await target.query("validation:thingId", { id: thing })).toBe(thing);
    await expect(target.query("validation:thingId", { id: typed })).rejects.toThrow();
    await expect(target.query("validation:thingId", { id: "nonsense" })).rejects.toThrow();
  });

  behaviour("may be left out", async (target) => {
    expect(await target.query("validation:unvalidated", { any: ["thing"] })).toEqual({ any: ["thing"] });
  });
});

describe("return validators", () => {
  for (const [kind, name] of [
    ["query", "validation:returnsInQuery"],
    ["mutation", "validation:returnsInMutation"],
    ["action", "validation:returnsInAction"],
  ] as const) {
    behaviour(`of a ${kind} let right results through and refuse wrong ones`, async (target) => {
      expect(await target[kind](name, { isRight: true })).toEqual({ name: "right" });
      await expect(target[kind](name, { isRight: false })).rejects.toThrow();
    });
  }

  behaviour(
    "that refuse a mutation's result take its writes back",
    async (target) => {
      await expect(target.mutation("validation:returnsInMutation", { isRight: false })).rejects.toThrow();
      expect(await target.query("documents:list")).toEqual([]);
    },
    { wireOnly: "convex-test keeps them" },
  );

  behaviour("refuse extra fields inside arrays", async (target) => {
    await expect(target.query("validation:returnsExtra")).rejects.toThrow();
  });

  behaviour("nothing is returned as null", async (target) => {
    expect(await target.query("validation:returnsNothing")).toBeNull();
  });
});
