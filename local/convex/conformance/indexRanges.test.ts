import { describe, expect } from "vitest";
import { behaviour, type Target } from "./target.ts";

const fill = (target: Target) =>
  target.mutation<string[]>("documents:insertMany", {
    values: [
      { n: 1, a: 2, b: 1 },
      { n: 2, a: 1, b: 2 },
      { n: 3, a: 1, b: 1, nested: { value: "x" } },
      { n: 4, a: null },
      { n: 5 },
      { n: 6, a: 1, b: 2, nested: { value: null } },
    ],
  });

describe("index ranges", () => {
  const cases: [range: string, expected: number[]][] = [
    ["all", [5, 4, 3, 2, 6, 1]],
    ["eq", [3, 2, 6]],
    ["eq eq", [2, 6]],
    ["eq gt", [2, 6]],
    ["gt", [1]],
    ["gte lt", [3, 2, 6]],
    ["gt lte", [3, 2, 6]],
    ["lt", [5, 4]],
    ["undefined", [5]],
    ["null", [4]],
  ];
  for (const [range, expected] of cases) {
    behaviour(`${range}: in the index's order, then in that of creation`, async (target) => {
      await fill(target);
      expect(await target.query("ranges:inRange", { range })).toEqual(expected);
      expect(await target.query("ranges:inRange", { range, order: "desc" })).toEqual(expected.toReversed());
    });
  }

  for (const range of ["skips a field", "not of the index", "two lower bounds", "bounds on two fields"]) {
    behaviour(`a range that ${range} is refused`, async (target) => {
      await fill(target);
      await expect(target.query("ranges:inRange", { range })).rejects.toThrow();
    });
  }

  behaviour("by_id and by_creation_time are always there", async (target) => {
    const ids = await fill(target);
    expect(await target.query("ranges:byId", { id: ids[2] })).toBe(3);
    expect(await target.query("ranges:byCreation", { id: ids[3] })).toEqual([4, 5, 6]);
  });

  behaviour("a nested field is indexed, and missing is not null", async (target) => {
    await fill(target);
    expect(await target.query("ranges:byNested", { value: "x" })).toEqual([3]);
    expect(await target.query("ranges:byNested", { value: null })).toEqual([6]);
  });

  behaviour("first, unique, take and iteration end a query", async (target) => {
    await fill(target);
    expect(await target.query("ranges:ends")).toEqual({
      first: 1,
      last: 6,
      take: [1, 2],
      unique: "string",
      iterated: [1, 2, 3, 4, 5, 6],
    });
  });

  behaviour("normalizeId knows the ids of a table", async (target) => {
    const [id = ""] = await fill(target);
    expect(await target.query("ranges:normalize", { table: "things", id })).toBe(id);
    expect(await target.query("ranges:normalize", { table: "typed", id })).toBeNull();
    expect(await target.query("ranges:normalize", { table: "things", id: "nonsense" })).toBeNull();
  });

  behaviour("values of different types have one order", async (target) => {
    const values = [
      undefined,
      null,
      -5n,
      3n,
      -1.5,
      0,
      7,
      false,
      true,
      "",
      "a",
      "b",
      new ArrayBuffer(1),
      [1],
      [1, 2],
      {},
      { a: 1 },
    ];
    const shuffled = values
      .map((a, n) => ({ n, ...(a === undefined ? {} : { a }) }))
      .sort((left, right) => ((left.n * 7) % 17) - ((right.n * 7) % 17));
    await target.mutation("documents:insertMany", { values: shuffled });
    expect(await target.query("ranges:orderedValues")).toEqual(values.map((_, n) => n));
  });
});
