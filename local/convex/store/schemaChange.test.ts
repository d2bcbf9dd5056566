import { describe, expect, test } from "vitest";
import {
  applyTestSchema,
  collect,
  indexRange,
  openTestStore,
  schemaOf,
  temporaryPath,
  values,
} from "./testStore.ts";
import type { ValidatorJson } from "./types.ts";

const OLD = schemaOf({ t: { by_a: ["a"], by_b: ["b"] } });
const NEW = schemaOf({ t: { by_a: ["a", "b"], by_c: ["c"] }, fresh: { by_x: ["x"] } });
const NUMBER_A: ValidatorJson = {
  type: "object",
  value: { a: { fieldType: { type: "number" }, optional: false } },
};

describe("a schema change", () => {
  test("is announced as the indexes it adds and removes", async () => {
    const store = openTestStore();
    await applyTestSchema(store, OLD);
    expect(store.diffIndexes(OLD)).toEqual({ added: [], removed: [] });
    expect(store.diffIndexes(NEW)).toEqual({
      added: [
        { name: "t.by_a", type: "database", fields: ["a", "b"] },
        { name: "t.by_c", type: "database", fields: ["c"] },
        { name: "fresh.by_x", type: "database", fields: ["x"] },
      ],
      removed: [
        { name: "t.by_a", type: "database", fields: ["a"] },
        { name: "t.by_b", type: "database", fields: ["b"] },
      ],
    });
  });

  test("fills new indexes from existing documents and drops removed ones", async () => {
    const store = openTestStore();
    await applyTestSchema(store, OLD);
    await store.transact((writer) => {
      for (let n = 0; n < 250; n += 1) writer.insert("t", { c: (n * 7) % 250 });
    });
    await applyTestSchema(store, NEW);
    await store.read((reader) => {
      const expected = Array.from({ length: 250 }, (_, n) => n);
      expect(values(collect(reader, indexRange("t.by_c")), "c")).toEqual(expected);
      expect(() => reader.stream(indexRange("t.by_b"))).toThrow("Index t.by_b not found.");
      expect(reader.tableNames()).toEqual(["fresh", "t"]);
    });
  });

  test("that is rolled back leaves the old schema in force", async () => {
    const store = openTestStore();
    await applyTestSchema(store, OLD);
    await store.transact((writer) => writer.insert("t", { b: 1 }));
    const failing = store.transact((writer) => {
      store.applySchema(writer, NEW);
      writer.insert("fresh", { x: 1 });
      throw new Error("refused");
    });
    await expect(failing).rejects.toThrow("refused");
    expect(store.schema).toEqual(OLD);
    expect(store.diffIndexes(OLD)).toEqual({ added: [], removed: [] });
    await store.transact((writer) => {
      writer.insert("t", { b: 0 });
      expect(values(collect(writer, indexRange("t.by_b")), "b")).toEqual([0, 1]);
      expect(writer.tableNames()).toEqual(["t"]);
    });
    await applyTestSchema(store, NEW);
    expect(store.schema).toEqual(NEW);
  });

  test("is refused by the first document that does not match", async () => {
    const store = openTestStore();
    const { result: id } = await store.transact((writer) => {
      writer.insert("t", { a: 1 });
      return writer.insert("t", { a: "x" });
    });
    expect(store.findViolation(schemaOf({ t: {} }, { t: NUMBER_A }))).toEqual({
      table: "t",
      message: `Document with ID "${id}" in table "t" does not match the schema: Value does not match validator.\nPath: .a\nValue: "x"\nValidator: v.float64()`,
    });
    expect(
      store.findViolation({ ...schemaOf({ t: {} }, { t: NUMBER_A }), schemaValidation: false }),
    ).toBeNull();
    expect(store.findViolation(schemaOf({ empty: {} }, { empty: NUMBER_A }))).toBeNull();
  });

  test("outlives a restart, with its indexes and validators", async () => {
    const path = temporaryPath();
    const store = openTestStore({ path });
    await applyTestSchema(store, schemaOf({ t: { by_a: ["a"] } }, { t: NUMBER_A }));
    await store.transact((writer) => writer.insert("t", { a: 1 }));
    await store.close();
    const reopened = openTestStore({ path });
    expect(reopened.schema).toEqual(schemaOf({ t: { by_a: ["a"] } }, { t: NUMBER_A }));
    await reopened.transact((writer) => {
      writer.insert("t", { a: 0 });
      expect(values(collect(writer, indexRange("t.by_a")), "a")).toEqual([0, 1]);
      expect(() => writer.insert("t", { a: "x" })).toThrow("does not match the schema");
    });
    await applyTestSchema(reopened, null);
    expect(reopened.diffIndexes(null)).toEqual({ added: [], removed: [] });
    await reopened.transact((writer) => writer.insert("t", { a: "x" }));
  });

  test("cannot take a reserved index name", async () => {
    const store = openTestStore();
    await expect(applyTestSchema(store, schemaOf({ t: { by_id: ["a"] } }))).rejects.toThrow(
      "the name is reserved",
    );
  });
});

test("scheduled functions can be read by state and time", async () => {
  const store = openTestStore();
  await store.transact((writer) => {
    for (const [kind, scheduledTime] of [
      ["pending", 2],
      ["success", 0],
      ["pending", 1],
    ] as const) {
      writer.insert("_scheduled_functions", { state: { kind }, scheduledTime });
    }
    const pending = indexRange("_scheduled_functions.by_state_and_time", [
      { type: "Eq", fieldPath: "state.kind", value: "pending" },
    ]);
    expect(values(collect(writer, pending), "scheduledTime")).toEqual([1, 2]);
  });
});
