import { compareValues, convexToJson, type Value } from "convex/values";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterPrefix, compareKeys, encodeKey, keySuccessor } from "./keyCodec.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom("", "\0", "a", "a\0", "a\0b", "ab"),
);
const number = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, -1, Number.NaN, Infinity, -Infinity));
const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  number,
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  text,
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Uint8Array.from(bytes).buffer),
);
const fieldName = fc.stringMatching(/^[a-zA-Z][ -~]{0,2}$/);
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fieldName, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));
const field = fc.option(value, { nil: undefined, freq: 8 });

describe("encodeKey", () => {
  test("orders keys as Convex orders values", () => {
    fc.assert(
      fc.property(field, field, (left, right) => {
        expect(Math.sign(compareKeys(key([left]), key([right])))).toBe(Math.sign(compareValues(left, right)));
      }),
      { numRuns: 3000 },
    );
  });

  test("orders keys of several fields by the first difference", () => {
    fc.assert(
      fc.property(fc.tuple(field, field), fc.tuple(field, field), (left, right) => {
        const expected = compareValues(left[0], right[0]) || compareValues(left[1], right[1]);
        expect(Math.sign(compareKeys(key(left), key(right)))).toBe(Math.sign(expected));
      }),
      { numRuns: 2000 },
    );
  });

  test("puts exactly the keys with the same first value between a prefix and its end", () => {
    fc.assert(
      fc.property(field, field, field, (prefix, other, rest) => {
        const candidate = key([other, rest]);
        const isInside =
          compareKeys(candidate, key([prefix])) >= 0 &&
          compareKeys(candidate, afterPrefix(key([prefix]))) < 0;
        expect(isInside).toBe(compareValues(prefix, other) === 0);
      }),
      { numRuns: 2000 },
    );
  });

  test("leaves no key between a key and its successor", () => {
    fc.assert(
      fc.property(field, field, (left, right) => {
        const isBetween =
          compareKeys(key([right]), key([left])) > 0 &&
          compareKeys(key([right]), keySuccessor(key([left]))) < 0;
        expect(isBetween).toBe(false);
      }),
    );
  });
});

function key(values: readonly (Value | undefined)[]): Buffer {
  return encodeKey(values.map((each) => (each === undefined ? undefined : convexToJson(each))));
}
