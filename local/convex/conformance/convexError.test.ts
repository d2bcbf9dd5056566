import { ConvexError } from "convex/values";
import { describe, expect } from "vitest";
import { behaviour } from "./target.ts";

describe("ConvexError", () => {
  const payloads: [what: string, data: unknown][] = [
    ["an object", { code: "refused", details: [1, null, { deep: true }] }],
    ["a string", "just words"],
    ["a number", 42],
    ["an int64", 9n],
  ];
  for (const [what, data] of payloads) {
    behaviour(`${what} arrives at the caller of each kind of function`, async (target) => {
      for (const call of [
        target.query("errors:inQuery", { data }),
        target.mutation("errors:inMutation", { data }),
        target.action("errors:inAction", { data }),
      ]) {
        const error = await call.catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(ConvexError);
        expect(error).toMatchObject({ data });
      }
    });

    behaviour(
      `${what} can be caught from functions that are called`,
      async (target) => {
        expect(await target.action("errors:caughtInAction", { data })).toEqual([data, data, data]);
        expect(await target.mutation("errors:caughtInMutation", { data })).toEqual([data, data]);
      },
      { wireOnly: what === "an int64" ? "convex-test loses int64 data inside a mutation" : undefined },
    );
  }

  behaviour("is not what other errors are", async (target) => {
    const error = await target.query("errors:plain").catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(ConvexError);
    expect(String(error)).toContain("an ordinary error");
  });
});
