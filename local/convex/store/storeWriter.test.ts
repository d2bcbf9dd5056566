import { describe, expect, test } from "vitest";
import { newDocumentId } from "../values/documentId.ts";
import {
  applyTestSchema,
  collect,
  expression,
  indexRange,
  openTestStore,
  schemaOf,
  tableScan,
  values,
} from "./testStore.ts";
import type { ConvexObject, ReadDocument, Reader, Writer } from "./types.ts";

describe("a mutation", () => {
  test("sees its own writes, and later transactions see them too", async () => {
    const store = openTestStore();
    const { result: id } = await store.transact((writer) => {
      const inserted = writer.insert("notes", { text: "a", draft: true });
      writer.patch(inserted, { text: "b", draft: { $undefined: null } });
      expect(parse(writer.get(inserted))).toMatchObject({ text: "b" });
      return inserted;
    });
    const note = await store.read((reader) => parse(reader.get(id, "notes")));
    expect(note).toEqual({ _id: id, _creationTime: expect.any(Number), text: "b" });
    await store.transact((writer) => writer.replace(id, { other: 1, _id: id }));
    expect(await store.read((reader) => parse(reader.get(id)))).toEqual({
      ...without(note, "text"),
      other: 1,
    });
    await store.transact((writer) => writer.delete(id));
    expect(await store.read((reader) => reader.get(id))).toBeNull();
  });

  test("that throws leaves nothing behind, neither rows nor tables nor state", async () => {
    const store = openTestStore();
    const { result: id } = await store.transact((writer) => writer.insert("notes", { text: "kept" }));
    const failing = store.transact((writer) => {
      writer.patch(id, { text: "lost" });
      writer.insert("fresh", { a: 1 });
      writer.setState("key", "lost");
      writer.recordSessionResult("session", 1, "lost");
      expect(writer.count("fresh")).toBe(1);
      throw new Error("refused");
    });
    await expect(failing).rejects.toThrow("refused");
    await store.read((reader) => {
      expect(parse(reader.get(id))).toMatchObject({ text: "kept" });
      expect(reader.tableNames()).toEqual(["notes"]);
      expect(reader.count("fresh")).toBe(0);
      expect(collect(reader, tableScan("fresh"))).toEqual([]);
      expect(reader.getState("key")).toBeNull();
    });
    expect(store.sessionResult("session", 1)).toBeNull();
    const { result: fresh } = await store.transact((writer) => writer.insert("fresh", { a: 2 }));
    expect(await store.read((reader) => reader.normalizeId("fresh", fresh))).toBe(fresh);
  });

  test("keeps index entries in step with the documents", async () => {
    const store = openTestStore();
    await applyTestSchema(store, schemaOf({ t: { by_a_and_b: ["a", "b.c"] } }));
    await store.transact((writer) => {
      const ids = [1, 2, 3].map((a) => writer.insert("t", { a, b: { c: -a } }));
      writer.patch(ids[0] ?? "", { a: 9 });
      writer.replace(ids[1] ?? "", { b: { c: 5 } });
      writer.delete(ids[2] ?? "");
      expect(values(collect(writer, indexRange("t.by_a_and_b")), "a")).toEqual([null, 9]);
      const missing = [expression("Eq", "a", { $undefined: null }), expression("Gte", "b.c", 5)];
      expect(collect(writer, indexRange("t.by_a_and_b", missing))).toHaveLength(1);
      expect(collect(writer, indexRange("t.by_a_and_b", [expression("Eq", "a", 3)]))).toEqual([]);
      expect(writer.count("t")).toBe(2);
    });
  });

  test("puts its commit timestamp where the placeholder stands", async () => {
    const store = openTestStore();
    const { result: id, ts } = await store.transact((writer) =>
      writer.insert("t", { at: [{ $commitTs: null }] }),
    );
    const document = await store.read((reader) => parse(reader.get(id)));
    const [encoded] = document.at as [{ $integer: string }];
    expect(Buffer.from(encoded.$integer, "base64").readBigInt64LE()).toBe(ts);
  });

  test("that only reads commits nothing and returns the timestamp of its snapshot", async () => {
    const store = openTestStore();
    const { ts } = await store.transact((writer) => writer.insert("t", {}));
    const commits: unknown[] = [];
    store.onCommit((commit) => commits.push(commit));
    expect(await store.transact((writer) => writer.count("t"))).toEqual({ result: 1, ts });
    expect(commits).toEqual([]);
  });

  test("writes nothing when a patch changes nothing", async () => {
    const store = openTestStore();
    const { result: id } = await store.transact((writer) => writer.insert("t", { a: 1 }));
    const writes: unknown[] = [];
    store.onCommit((commit) => writes.push(...commit.writes));
    await store.transact((writer) => writer.patch(id, { a: 1 }));
    expect(writes).toEqual([]);
  });
});

describe("a nested mutation", () => {
  test("is taken back alone when it throws", async () => {
    const store = openTestStore();
    const writes: unknown[] = [];
    store.onCommit((commit) => writes.push(...commit.writes));
    await store.transact(async (writer) => {
      writer.insert("t", { n: "outer" });
      const inner = writer.nested(async () => {
        writer.insert("t", { n: "lost" });
        await writer.nested(async () => writer.insert("t", { n: "lost with it" }));
        throw new Error("inner");
      });
      await expect(inner).rejects.toThrow("inner");
      await writer.nested(async () => writer.insert("t", { n: "kept" }));
    });
    expect(await store.read((reader) => values(collect(reader, tableScan("t")), "n"))).toEqual([
      "outer",
      "kept",
    ]);
    expect(writes).toHaveLength(4);
  });

  test("waits for its siblings that were started before it", async () => {
    const store = openTestStore();
    await store.transact(async (writer) => {
      const step = (n: string, fails: boolean) =>
        writer.nested(async () => {
          writer.insert("t", { n: `${n}1` });
          await Promise.resolve();
          writer.insert("t", { n: `${n}2` });
          if (fails) throw new Error(n);
        });
      const outcomes = await Promise.allSettled([step("a", false), step("b", true), step("c", false)]);
      expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    });
    expect(await store.read((reader) => values(collect(reader, tableScan("t")), "n"))).toEqual([
      "a1",
      "a2",
      "c1",
      "c2",
    ]);
  });

  test("keeps its caller from writing meanwhile, because the write could be taken back with it", async () => {
    const store = openTestStore();
    await store.transact(async (writer) => {
      let running: Promise<void> = Promise.resolve();
      await new Promise<void>((started) => {
        running = writer.nested(async () => {
          started();
          await Promise.resolve();
          await Promise.resolve();
        });
      });
      expect(() => writer.insert("t", {})).toThrow("while a nested mutation was running");
      await running;
      writer.insert("t", {});
    });
  });
});

describe("errors have Convex's text", () => {
  const cases: [string, (writer: Writer, id: string) => unknown, string][] = [
    [
      "get",
      (writer) => writer.get("abc"),
      "Invalid argument `id` for `db.get`: Unable to decode ID: Invalid ID length 3",
    ],
    [
      "get with another table",
      (writer, id) => writer.get(id, "u"),
      'Invalid argument `id` for `db.get`: expected to be an Id<"u">, got Id<"t"> instead.',
    ],
    ["patch", (writer) => writer.patch(newDocumentId(10_001), {}), "Update on nonexistent document ID"],
    ["replace", (writer) => writer.replace(newDocumentId(10_001), {}), "Replace on nonexistent document ID"],
    ["delete", (writer) => writer.delete(newDocumentId(10_001)), "Delete on nonexistent document ID"],
    ["_id in a patch", (writer, id) => writer.patch(id, { _id: "other" }), "but its '_id' field is"],
    [
      "table name",
      (writer) => writer.insert("a b", {}),
      "Identifiers can only contain alphanumeric characters",
    ],
    ["system table", (writer) => writer.insert("_secret", {}), "Invalid table name"],
  ];
  test.each(cases)("%s", async (_name, call, message) => {
    const store = openTestStore();
    const { result: id } = await store.transact((writer) => writer.insert("t", {}));
    await expect(store.transact((writer) => call(writer, id))).rejects.toThrow(message);
  });

  test("a document that does not match the schema", async () => {
    const store = openTestStore();
    const documentType = {
      type: "object",
      value: { owner: { fieldType: { type: "id", tableName: "users" }, optional: false } },
    } as const;
    await applyTestSchema(store, schemaOf({ t: {}, users: {} }, { t: documentType }));
    await store.transact((writer) => {
      const owner = writer.insert("users", {});
      const id = writer.insert("t", { owner });
      const refusal =
        'Failed to insert or update a document in table "t" because it does not match the schema: ';
      expect(() => writer.insert("t", { owner: id })).toThrow(`${refusal}Found ID "${id}" from table \`t\``);
      expect(() => writer.insert("t", {})).toThrow(
        `${refusal}Object is missing the required field \`owner\``,
      );
      expect(() => writer.patch(id, { owner: { $undefined: null } })).toThrow(refusal);
      expect(() => writer.replace(id, { owner, extra: 1 })).toThrow("Object contains extra field `extra`");
      writer.insert("undeclared", { anything: true });
    });
  });
});

describe("limits", () => {
  test("32,000 documents read, 16,000 written", async () => {
    const store = openTestStore();
    const fill = (count: number) => (writer: Writer) => {
      for (let index = 0; index < count; index += 1) writer.insert("t", {});
      return { ...writer.counts };
    };
    expect((await store.transact(fill(16_000))).result).toMatchObject({ documentsWritten: 16_000 });
    await expect(store.transact(fill(16_001))).rejects.toThrow(
      "Too many writes in a single function execution (limit: 16000)",
    );
    await store.transact(fill(16_000));
    expect(await store.read((reader) => collect(reader, tableScan("t")).length)).toBe(32_000);
    await store.transact(fill(1));
    await expect(store.read((reader) => collect(reader, tableScan("t")))).rejects.toThrow(
      "Too many documents read in a single function execution (limit: 32000). Consider using smaller limits",
    );
  });

  test("16 MiB read and written", async () => {
    const store = openTestStore();
    const insert = (count: number) => (writer: Writer) => {
      for (let index = 0; index < count; index += 1) writer.insert("t", { text: "x".repeat(1_000_000) });
    };
    await expect(store.transact(insert(17))).rejects.toThrow(
      "Too many bytes written in a single function execution (limit: 16 MiB)",
    );
    await store.transact(insert(16));
    await store.transact(insert(1));
    await expect(store.read((reader) => collect(reader, tableScan("t")))).rejects.toThrow(
      "Too many bytes read in a single function execution (limit: 16777216 bytes)",
    );
  });

  test("4,096 distinct ranges read; reading the same one again is free", async () => {
    const store = openTestStore();
    const { result: id } = await store.transact((writer) => writer.insert("t", {}));
    await store.read((reader) => {
      for (let index = 0; index < 10_000; index += 1) reader.get(id);
    });
    const scatter = (reader: Reader) => {
      for (let index = 0; index < 4098; index += 1) reader.get(newDocumentId(10_001));
    };
    await expect(store.read(scatter)).rejects.toThrow(
      "Too many reads in a single function execution (limit: 4096)",
    );
  });
});

test("a reader or writer that outlives its transaction throws", async () => {
  const store = openTestStore();
  const { result: writer } = await store.transact((each) => each);
  const next = await store.read((reader) => reader.stream(tableScan("t")));
  expect(() => writer.insert("t", {})).toThrow("after its transaction had ended");
  expect(() => next()).toThrow("after its transaction had ended");
});

function parse(read: ReadDocument | null): ConvexObject {
  return JSON.parse(read?.json ?? "null") as ConvexObject;
}

function without(document: ConvexObject, field: string): ConvexObject {
  const { [field]: _removed, ...rest } = document;
  return rest;
}
