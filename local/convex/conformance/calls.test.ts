import { describe, expect } from "vitest";
import { behaviour } from "./target.ts";

describe("calls", () => {
  behaviour("an action calls mutations, queries and actions", async (target) => {
    expect(await target.action("calls:all")).toEqual(["string", 1, 42]);
  });

  behaviour("an action's mutations may run side by side", async (target) => {
    expect(await target.action("calls:concurrently", { count: 10 })).toBe(10);
  });

  behaviour("a default export is called by its module's name", async (target) => {
    expect(await target.query("calls:default")).toBe("calls:default");
  });

  behaviour("values of every type go and come unchanged", async (target) => {
    const value = {
      null: null,
      int: -(2n ** 63n),
      bigInt: 2n ** 63n - 1n,
      float: 0.1,
      special: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
      boolean: [true, false],
      text: ["", "ünïcödé 🎉", "\u0000"],
      bytes: new Uint8Array([0, 255, 128]).buffer,
      nested: [[[{ deep: [] }]], {}],
    };
    expect(await target.query("calls:roundTrip", { value })).toEqual(value);
    const id = await target.mutation("documents:insert", { value });
    expect(await target.query("documents:get", { id })).toMatchObject(value);
  });

  behaviour(
    "a missing function is named",
    async (target) => {
      await expect(target.query("calls:missing")).rejects.toThrow("calls:missing");
      await expect(target.query("testing:unfinishedJobs")).rejects.toThrow("Could not find public function");
    },
    { wireOnly: "convex-test has its own words, and calls internal functions" },
  );
});
