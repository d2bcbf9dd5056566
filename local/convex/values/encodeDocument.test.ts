import { convexToJson, getDocumentSize, jsonToConvex, type Value } from "convex/values";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConvexJson, ConvexObject } from "../store/types.ts";
import { encodeDocument } from "./encodeDocument.ts";

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.string({ unit: "grapheme" }),
  fc.uint8Array().map((bytes) => Uint8Array.from(bytes).buffer),
);
const object = fc.dictionary(fc.stringMatching(/^[a-z][ -~]{0,5}$/), fc.oneof(leaf, fc.array(leaf)), {
  noNullPrototype: true,
});

describe("encodeDocument", () => {
  test("keeps every value and sorts the fields", () => {
    fc.assert(
      fc.property(object, (fields) => {
        const json = convexToJson(fields) as ConvexObject;
        const parsed = JSON.parse(encodeDocument(json).json) as ConvexJson;
        expect(jsonToConvex(parsed)).toEqual(fields);
        expect(Object.keys(parsed ?? {})).toEqual(Object.keys(fields).sort());
      }),
    );
  });

  test("measures what Convex measures", () => {
    fc.assert(
      fc.property(object, (fields) => {
        const document: Record<string, Value> = { ...fields, _id: "j".repeat(32), _creationTime: 1 };
        const { sizeBytes } = encodeDocument(convexToJson(document) as ConvexObject);
        expect(sizeBytes).toBe(getDocumentSize(document));
      }),
    );
  });

  test.each<[string, ConvexObject, string]>([
    ["larger than 1 MiB", { a: "x".repeat(1 << 20) }, "Value is too large (1 MiB > maximum size 1 MiB)"],
    [
      "with 8193 elements",
      { a: Array(8193).fill(1) },
      "Array length is too long (8193 > maximum length 8192)",
    ],
    [
      "nested 17 levels deep",
      nested(16),
      "Document is too nested (nested 17 levels deep > maximum nesting 16)",
    ],
    [
      "with 1025 fields",
      Object.fromEntries(Array.from({ length: 1025 }, (_, index) => [`f${index}`, 1])),
      "Object has too many fields (1025 > maximum number 1024)",
    ],
    [
      "with a field that starts with $",
      { a: { b: 1, $c: 2 } },
      "Field name $c starts with '$', which is reserved.",
    ],
    ["with an accent in a field name", { é: 1 }, "Field names can only contain non-control ASCII characters"],
    ["with a system field of its own", { _mine: 1 }, "Field '_mine' starts with an underscore"],
  ])("refuses a document %s", (_name, document, message) => {
    expect(() => encodeDocument(document)).toThrow(message);
  });

  test("accepts 16 levels", () => {
    expect(() => encodeDocument(nested(15))).not.toThrow();
  });
});

function nested(levels: number): ConvexObject {
  let value: ConvexObject = {};
  for (let level = 0; level < levels; level += 1) value = { a: value };
  return value;
}
