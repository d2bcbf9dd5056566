import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MapHeaders } from "./mapHeaders.ts";

const name = fc.oneof(
  fc.constantFrom(
    "Set-Cookie",
    "set-cookie",
    "Cookie",
    "content-type",
    "Content-Type",
    "x-a",
    "X-B",
    "a b",
    "",
    "ü",
  ),
  fc.string({ maxLength: 4 }),
);
const value = fc.oneof(
  fc.constantFrom("1", " padded\t", "two words", "", "line\nbreak", "\r\n", "ÿ", "€", "nul\0"),
  fc.string({ maxLength: 6 }),
);
const step = fc.record({
  what: fc.constantFrom("append" as const, "set" as const, "delete" as const, "get" as const, "has" as const),
  name,
  value,
});

/** What a call gives, or the kind of its error. */
function outcomeOf(
  headers: Headers,
  { what, name, value }: { what: "append" | "set" | "delete" | "get" | "has"; name: string; value: string },
): unknown {
  try {
    return what === "append" || what === "set" ? headers[what](name, value) : headers[what](name);
  } catch (error) {
    return error instanceof TypeError ? "TypeError" : error;
  }
}

describe("MapHeaders", () => {
  test("does what native Headers do, call by call", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const [ours, native] = [new MapHeaders(), new Headers()];
        for (const each of steps) expect(outcomeOf(ours, each)).toEqual(outcomeOf(native, each));
        expect([...ours]).toEqual([...native]);
        expect([...ours.keys()]).toEqual([...native.keys()]);
        expect([...ours.values()]).toEqual([...native.values()]);
        expect(ours.getSetCookie()).toEqual(native.getSetCookie());
      }),
      { numRuns: 2_000 },
    );
  });

  test("is made of pairs, a record or other headers, and native ones are made of it", () => {
    const pairs: [string, string][] = [
      ["B", "2"],
      ["a", "1"],
      ["b", "3"],
      ["set-cookie", "c=1"],
      ["set-cookie", "d=2"],
    ];
    for (const init of [pairs, { B: "2", a: "1" }, new Headers(pairs), new MapHeaders(pairs), undefined]) {
      const ours = new MapHeaders(init);
      expect([...ours]).toEqual([...new Headers(init)]);
      expect([...new Headers(ours)]).toEqual([...ours]);
      expect([...new Response(null, { headers: ours }).headers]).toEqual([...ours]);
      expect(ours).toBeInstanceOf(Headers);
    }
  });

  test("takes Node's raw headers", () => {
    expect([...MapHeaders.fromRaw(["X-A", "1", "x-a", "2"])]).toEqual([["x-a", "1, 2"]]);
  });
});
