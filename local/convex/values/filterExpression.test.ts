import { describe, expect, test } from "vitest";
import type { ConvexJson } from "../store/types.ts";
import { passesFilter } from "./filterExpression.ts";

const int64 = (value: bigint): ConvexJson => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return { $integer: bytes.toString("base64") };
};
const document = { a: 3, big: int64(5n), flag: true, nested: { b: "x" }, none: null };
const field = (path: string) => ({ $field: path });
const literal = (value: ConvexJson) => ({ $literal: value });

describe("passesFilter", () => {
  test.each<[string, ConvexJson, boolean]>([
    ["eq", { $eq: [field("a"), literal(3)] }, true],
    ["eq on types that differ", { $eq: [field("big"), literal(5)] }, false],
    ["eq of a missing field and undefined", { $eq: [field("nope"), literal({ $undefined: null })] }, true],
    ["neq of a missing field and null", { $neq: [field("nope"), field("none")] }, true],
    ["order across types", { $lt: [field("none"), field("big")] }, true],
    ["gte", { $gte: [field("a"), literal(3)] }, true],
    ["lte", { $lte: [field("a"), literal(2)] }, false],
    ["gt on a nested path", { $gt: [field("nested.b"), literal("w")] }, true],
    [
      "a path through a value that is no object",
      { $eq: [field("a.b"), literal({ $undefined: null })] },
      true,
    ],
    ["and", { $and: [field("flag"), { $eq: [field("a"), literal(4)] }] }, false],
    ["or", { $or: [{ $eq: [field("a"), literal(4)] }, field("flag")] }, true],
    ["not", { $not: field("flag") }, false],
    ["empty and", { $and: [] }, true],
    ["arithmetic", { $eq: [{ $mod: [{ $mul: [field("a"), literal(5)] }, literal(4)] }, literal(3)] }, true],
    ["int64 arithmetic", { $eq: [{ $div: [field("big"), literal(int64(2n))] }, literal(int64(2n))] }, true],
    [
      "neg",
      { $eq: [{ $neg: field("a") }, { $sub: [literal(0), { $add: [literal(1), literal(2)] }] }] },
      true,
    ],
  ])("%s", (_name, expression, expected) => {
    expect(passesFilter(expression, document)).toBe(expected);
  });

  test.each<[string, ConvexJson, string]>([
    ["a filter that is no boolean", field("a"), "Expected a boolean"],
    [
      "arithmetic on different types",
      { $eq: [{ $add: [field("a"), field("big")] }, literal(1)] },
      "Cannot add",
    ],
    [
      "an int64 overflow",
      { $eq: [{ $add: [field("big"), literal(int64(2n ** 63n - 1n))] }, literal(1)] },
      "out of range for Int64",
    ],
    ["an unknown operator", { $like: [field("a"), literal(1)] }, "Unknown filter operator $like"],
  ])("throws on %s", (_name, expression, message) => {
    expect(() => passesFilter(expression, document)).toThrow(message);
  });
});
