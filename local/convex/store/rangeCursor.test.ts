import Database from "libsql";
import { describe, expect, test } from "vitest";
import { parsedDocument } from "./parsedDocument.ts";
import { prepareStatements, SQL_SCHEMA } from "./statements.ts";
import { StoreReader } from "./storeReader.ts";
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
import type {
  ConvexJson,
  IndexWrite,
  QueryJson,
  ReadDocument,
  Reader,
  ReadSet,
  Store,
  Writer,
} from "./types.ts";

const eq = (fieldPath: string, value: number | string) => expression("Eq", fieldPath, value);

describe("the order and bounds of an index range", () => {
  test.each<[string, QueryJson, number[]]>([
    ["all", indexRange("t.by_n"), [1, 2, 2, 3, 4, 5]],
    ["descending", indexRange("t.by_n", [], { order: "desc" }), [5, 4, 3, 2, 2, 1]],
    ["eq", indexRange("t.by_n", [eq("n", 2)]), [2, 2]],
    ["gt and lte", indexRange("t.by_n", [expression("Gt", "n", 2), expression("Lte", "n", 4)]), [3, 4]],
    [
      "gte and lt, descending",
      indexRange("t.by_n", [expression("Gte", "n", 2), expression("Lt", "n", 4)], { order: "desc" }),
      [3, 2, 2],
    ],
    ["an empty range", indexRange("t.by_n", [expression("Gt", "n", 4), expression("Lt", "n", 2)]), []],
    [
      "a prefix of two fields",
      indexRange("t.by_kind_and_n", [eq("kind", "even"), expression("Gt", "n", 2)]),
      [4],
    ],
    ["by creation time", indexRange("t.by_creation_time"), [3, 1, 2, 5, 4, 2]],
    [
      "filter before limit",
      indexRange("t.by_n", [], {
        operators: [{ filter: { $gt: [{ $field: "n" }, { $literal: 1 }] } }, { limit: 2 }],
      }),
      [2, 2],
    ],
    [
      "limit before filter",
      indexRange("t.by_n", [], {
        operators: [{ limit: 2 }, { filter: { $gt: [{ $field: "n" }, { $literal: 1 }] } }],
      }),
      [2],
    ],
    ["limit 0", tableScan("t", [{ limit: 0 }]), []],
  ])("%s", async (_name, query, expected) => {
    const store = await numberStore([3, 1, 2, 5, 4, 2]);
    expect(await store.read((reader) => values(collect(reader, query), "n"))).toEqual(expected);
  });

  test("do not depend on the query before", async () => {
    const store = await numberStore([1, 2, 3]);
    await store.read((reader) => {
      const first = (n: number) =>
        collect(reader, indexRange("t.by_n", [eq("n", n)], { operators: [{ limit: 1 }] }));
      expect(collect(reader, indexRange("t.by_n"))).toHaveLength(3);
      expect(values(first(2), "n")).toEqual([2]);
      expect(collect(reader, indexRange("t.by_n", [eq("n", 3)]))).toHaveLength(1);
      expect(first(9)).toEqual([]);
      expect(collect(reader, indexRange("t.by_n", [eq("n", 9)]))).toEqual([]);
      expect(values(first(1), "n")).toEqual([1]);
    });
  });

  test.each<[string, QueryJson, string]>([
    ["an unknown index", indexRange("t.by_x"), "Index t.by_x not found."],
    [
      "fields out of order",
      indexRange("t.by_kind_and_n", [eq("n", 1)]),
      "didn't use the index fields in order",
    ],
    ["a field outside of the index", indexRange("t.by_n", [eq("kind", "odd")]), "doesn't index this field"],
    [
      "two lower bounds",
      indexRange("t.by_n", [expression("Gt", "n", 1), expression("Gte", "n", 2)]),
      'Already defined lower bound in index range. Can\'t add "n" >= 2.0.',
    ],
    [
      "a search",
      { source: { type: "Search", indexName: "t.search", filters: [] }, operators: [] },
      "Search index t.search not found",
    ],
  ])("throws on %s", async (_name, query, message) => {
    const store = await numberStore([]);
    await expect(store.read((reader) => collect(reader, query))).rejects.toThrow(message);
  });
});

describe("a read set", () => {
  test("of a query that stopped early ends at the last row it returned", async () => {
    const store = await numberStore([10, 20, 30, 40]);
    const reads = await readSetOf(store, (reader) => take(reader, indexRange("t.by_n"), 2));
    expect(reads.intersects(await insertWrites(store, 15))).toBe(true);
    expect(reads.intersects(await insertWrites(store, 25))).toBe(false);
    const descending = await readSetOf(store, (reader) =>
      take(reader, indexRange("t.by_n", [], { order: "desc" }), 1),
    );
    expect(descending.intersects(await insertWrites(store, 39))).toBe(false);
    expect(descending.intersects(await insertWrites(store, 41))).toBe(true);
  });

  test("of a query that was read to its end covers the whole range and nothing else", async () => {
    const store = await numberStore([10, 20, 30, 40]);
    const range = [expression("Gte", "n", 15), expression("Lt", "n", 35)];
    const reads = await readSetOf(store, (reader) => collect(reader, indexRange("t.by_n", range)));
    expect(reads.intersects(await insertWrites(store, 34))).toBe(true);
    expect(reads.intersects(await insertWrites(store, 14))).toBe(false);
    expect(reads.intersects(await insertWrites(store, 35))).toBe(false);
  });

  test("of a query that was never stepped is empty", async () => {
    const store = await numberStore([1]);
    const reads = await readSetOf(store, (reader) => reader.stream(indexRange("t.by_n")));
    expect(reads.intersects(await insertWrites(store, 1))).toBe(false);
  });

  test("of a get is met by changes of that document only, also when no index key changes", async () => {
    const store = await numberStore([1, 2]);
    const [first = "", second = ""] = await store.read(
      (reader) => values(collect(reader, tableScan("t")), "_id") as string[],
    );
    const reads = await readSetOf(store, (reader) => reader.get(first));
    expect(reads.intersects(await writesOf(store, (writer) => writer.patch(second, { note: "x" })))).toBe(
      false,
    );
    expect(reads.intersects(await writesOf(store, (writer) => writer.patch(first, { note: "x" })))).toBe(
      true,
    );
    expect(reads.intersects(await writesOf(store, (writer) => writer.delete(first)))).toBe(true);
  });

  test("of a moved document is met through its old and its new key", async () => {
    const store = await numberStore([1, 100]);
    const [moved = ""] = await store.read(
      (reader) => values(collect(reader, tableScan("t")), "_id") as string[],
    );
    const low = await readSetOf(store, (reader) =>
      collect(reader, indexRange("t.by_n", [expression("Lt", "n", 10)])),
    );
    const high = await readSetOf(store, (reader) =>
      collect(reader, indexRange("t.by_n", [expression("Gt", "n", 50)])),
    );
    const middle = await readSetOf(store, (reader) => collect(reader, indexRange("t.by_n", [eq("n", 20)])));
    const writes = await writesOf(store, (writer) => writer.patch(moved, { n: 60 }));
    expect([low, high, middle].map((reads) => reads.intersects(writes))).toEqual([true, true, false]);
  });

  test("of a table that does not exist is met by the first insert", async () => {
    const store = openTestStore();
    const scanned = await readSetOf(store, (reader) => collect(reader, tableScan("later")));
    const counted = await readSetOf(store, (reader) => reader.count("later"));
    const other = await readSetOf(store, (reader) => collect(reader, tableScan("never")));
    const writes = await writesOf(store, (writer) => writer.insert("later", {}));
    expect([scanned, counted, other].map((reads) => reads.intersects(writes))).toEqual([true, true, false]);
  });
});

describe("a running query in a mutation", () => {
  test("sees what the mutation inserts ahead of it and misses what it deletes", async () => {
    const store = await numberStore([1, 2, 3, 4]);
    await store.transact((writer) => {
      const next = writer.stream(indexRange("t.by_n"));
      const documents = collect(writer, indexRange("t.by_n"));
      expect(numberOf(next())).toBe(1);
      writer.delete(String(documents[1]?._id));
      writer.insert("t", { n: 3.5 });
      expect([next(), next(), next(), next()].map(numberOf)).toEqual([3, 3.5, 4, null]);
      writer.insert("t", { n: 5 });
      expect(numberOf(next())).toBe(5);
    });
  });
});

describe("the cost of a range scan", () => {
  test.each([200, 4000])("is what it returns, in a table of %i documents", async (size) => {
    const store = await numberStore(Array.from({ length: size }, (_, index) => index));
    const fetched = await store.read((reader) => {
      const rows = countFetchedRows(reader);
      take(reader, indexRange("t.by_n", [expression("Gte", "n", 100)], { operators: [{ limit: 5 }] }), 5);
      take(reader, indexRange("t.by_n", [eq("n", 150)]), 2);
      reader.page({ query: tableScan("t"), cursor: null, endCursor: null, pageSize: 10 });
      return rows();
    });
    expect(fetched).toEqual({ scans: 3, rows: 16 });
  });

  test("comes from the primary key of the index table, in both directions", () => {
    const db = new Database(":memory:");
    db.exec(SQL_SCHEMA);
    const plans: string[] = [];
    const explaining = new Proxy(db, {
      get: (target, name) => {
        if (name !== "prepare") return Reflect.get(target, name);
        return (sql: string) => {
          if (sql.includes("ORDER BY e.key")) {
            const plan = target.prepare(`EXPLAIN QUERY PLAN ${sql}`).all([1, "", "", 1]);
            plans.push(JSON.stringify(plan));
          }
          return target.prepare(sql);
        };
      },
    });
    prepareStatements(explaining);
    expect(plans).toHaveLength(4);
    for (const plan of plans) {
      expect(plan).toContain("SEARCH e USING PRIMARY KEY (index_id=? AND key>? AND key<?)");
      expect(plan).toContain("SEARCH d USING INTEGER PRIMARY KEY");
      expect(plan).not.toContain("TEMP B-TREE");
    }
  });
});

async function numberStore(numbers: number[]): Promise<Store> {
  const store = openTestStore();
  await applyTestSchema(store, schemaOf({ t: { by_n: ["n"], by_kind_and_n: ["kind", "n"] } }));
  await store.transact((writer) => {
    for (const n of numbers) writer.insert("t", { n, kind: n % 2 === 0 ? "even" : "odd" });
  });
  return store;
}

function numberOf(read: ReadDocument | null): ConvexJson | undefined {
  return read && parsedDocument(read).n;
}

function take(reader: Reader, query: QueryJson, count: number): void {
  const next = reader.stream(query);
  for (let index = 0; index < count; index += 1) next();
}

async function readSetOf(store: Store, body: (reader: Reader) => unknown): Promise<ReadSet> {
  return store.read((reader) => {
    body(reader);
    return reader.readSet;
  });
}

async function writesOf(store: Store, body: (writer: Writer) => unknown): Promise<IndexWrite[]> {
  const writes: IndexWrite[] = [];
  const stop = store.onCommit((commit) => writes.push(...commit.writes));
  await store.transact(body);
  stop();
  return writes;
}

/** The writes of an insert that is taken back afterwards. */
async function insertWrites(store: Store, n: number): Promise<IndexWrite[]> {
  let id = "";
  const writes = await writesOf(store, (writer) => {
    id = writer.insert("t", { n, kind: "new" });
  });
  await store.transact((writer) => writer.delete(id));
  return writes;
}

function countFetchedRows(reader: Reader): () => { scans: number; rows: number } {
  if (!(reader instanceof StoreReader)) throw new Error("not the store's reader");
  const { statements } = reader.engine;
  const { scan } = statements;
  const counts = { scans: 0, rows: 0 };
  statements.scan = (...parameters) => {
    const rows = scan(...parameters);
    counts.scans += 1;
    counts.rows += rows.length;
    return rows;
  };
  return () => {
    statements.scan = scan;
    return counts;
  };
}
