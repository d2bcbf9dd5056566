import { v } from "convex/values";
import { describe, expect, test } from "vitest";
import type { ConvexJson, ValidatorJson } from "../store/types.ts";
import { validate } from "./validate.ts";

const tables: Record<string, string> = { u1: "users", t1: "teams", s1: "_storage" };
const options = { tableOfId: (id: string) => tables[id] ?? null };
const INT = { $integer: "AQAAAAAAAAA=" };

describe("validate", () => {
  test.each<[string, ValidatorJson, ConvexJson]>([
    ["a number that JSON lacks", json(v.number()), { $float: "AAAAAAAA8H8=" }],
    ["an int64", json(v.int64()), INT],
    ["bytes", json(v.bytes()), { $bytes: "AAE=" }],
    ["an id of the table", json(v.id("users")), "u1"],
    ["a literal int64", json(v.literal(1n)), INT],
    ["an absent optional field", json(v.object({ a: v.optional(v.string()) })), {}],
    ["any member of a union", json(v.union(v.string(), v.null())), null],
    ["a record", json(v.record(v.id("users"), v.number())), { u1: 1 }],
    ["nested arrays", json(v.array(v.array(v.boolean()))), [[true], []]],
    ["anything", json(v.any()), { a: [INT] }],
  ])("accepts %s", (_name, validator, value) => {
    expect(validate(validator, value, options)).toBeNull();
  });

  test.each<[string, ValidatorJson, ConvexJson, string]>([
    [
      "a wrong type below a path",
      json(v.object({ a: v.array(v.string()) })),
      { a: ["x", 1] },
      "Value does not match validator.\nPath: .a[1]\nValue: 1.0\nValidator: v.string()",
    ],
    [
      "a wrong type at the top",
      json(v.int64()),
      1.5,
      "Value does not match validator.\n\nValue: 1.5\nValidator: v.int64()",
    ],
    [
      "a missing field",
      json(v.object({ body: v.string(), author: v.optional(v.float64()) })),
      { author: 2 },
      "Object is missing the required field `body`. Consider wrapping the field validator in `v.optional(...)` if this is expected.\n\nObject: {author: 2.0}\nValidator: v.object({author: v.optional(v.float64()), body: v.string()})",
    ],
    [
      "an extra field",
      json(v.object({ a: v.object({}) })),
      { a: { b: INT } },
      "Object contains extra field `b` that is not in the validator.\nPath: .a\nObject: {b: 1}\nValidator: v.object({})",
    ],
    [
      "an id of another table",
      json(v.object({ user: v.id("users") })),
      { user: "t1" },
      'Found ID "t1" from table `teams`, which does not match the table name in validator `v.id("users")`.Path: .user',
    ],
    [
      "an id of a system table",
      json(v.id("users")),
      "s1",
      'Found ID "s1" from a system table, which does not match the table name in validator `v.id("users")`.',
    ],
    [
      "text that is no id",
      json(v.id("users")),
      "nobody",
      'Value does not match validator.\n\nValue: "nobody"\nValidator: v.id("users")',
    ],
    [
      "another literal",
      json(v.literal("a")),
      "b",
      '`"b"` does not match literal validator `v.literal("a")`.',
    ],
    [
      "no member of a union",
      json(v.union(v.literal(1), v.record(v.string(), v.any()), v.bytes())),
      "x",
      'Value does not match validator.\n\nValue: "x"\nValidator: v.union(v.literal(1.0), v.record(v.string(), v.any()), v.bytes())',
    ],
    [
      "a wrong value in a record",
      json(v.record(v.string(), v.number())),
      { a: null },
      "Value does not match validator.\nPath: .values()\nValue: null\nValidator: v.float64()",
    ],
  ])("answers %s with Convex's message", (_name, validator, value, message) => {
    expect(validate(validator, value, options)).toBe(message);
  });

  test("takes a special value for no object", () => {
    expect(validate(json(v.object({})), INT, options)).toContain("Value does not match validator.");
    expect(validate(json(v.record(v.string(), v.any())), INT, options)).toContain("does not match");
  });

  test("does not take inherited names for fields", () => {
    expect(validate(json(v.object({})), { toString: 1 }, options)).toContain("extra field `toString`");
  });
});

/** The JSON form that the CLI and the functions export. */
function json(validator: object): ValidatorJson {
  return Reflect.get(validator, "json") as ValidatorJson;
}
