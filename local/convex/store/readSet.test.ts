import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareKeys } from "../values/keyCodec.ts";
import { RecordedReads } from "./readSet.ts";
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
import type { ConvexObject, IndexRange, QueryJson, RangeExpression, Reader, Store, Writer } from "./types.ts";

const key = fc.uint8Array({ maxLength: 2 });
const bound = fc.option(key, { freq: 5 });
const range = fc.record({ indexId: fc.integer({ min: 1, max: 2 }), lower: bound, upper: bound });

describe("ReadSet.intersects", () => {
  test("agrees with comparing every write with every range", () => {
    fc.assert(
      fc.property(fc.array(range), fc.integer({ min: 1, max: 3 }), key, (ranges, indexId, written) => {
        const reads = new RecordedReads();
        for (const each of ranges) reads.add({ ...each });
        const expected = ranges.some((each) => each.indexId === indexId && isInside(each, written));
        expect(reads.intersects([{ indexId, key: written }])).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test("follows a range that grows after it was asked", () => {
    const reads = new RecordedReads();
    const growing = reads.add({ indexId: 1, lower: Buffer.of(1), upper: Buffer.of(2) });
    const write = [{ indexId: 1, key: Buffer.of(3) }];
    expect(reads.intersects(write)).toBe(false);
    growing.upper = Buffer.of(4);
    reads.changed();
    expect(reads.intersects(write)).toBe(true);
  });
});

interface Change {
  kind: "insert" | "insert and roll back" | "patch" | "delete";
  /** Of the document that is patched or deleted. */
  nth: number;
  n: number;
  group: string;
}
interface Reading {
  query: QueryJson;
  /** How many results are asked for; the rest of the query is never read. */
  count: number;
  isPage: boolean;
}

const n = fc.integer({ min: 0, max: 6 });
const group = fc.constantFrom("a", "b");
const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("insert", "insert and roll back", "patch", "patch", "delete"),
  nth: fc.nat({ max: 30 }),
  n,
  group,
});
const bounds: fc.Arbitrary<RangeExpression[]> = fc.oneof(
  fc.constant<RangeExpression[]>([]),
  n.map((value) => [expression("Eq", "n", value)]),
  fc.tuple(n, n).map(([low, high]) => [expression("Gte", "n", low), expression("Lt", "n", high)]),
  n.map((value) => [expression("Gt", "n", value)]),
  n.map((value) => [expression("Lte", "n", value)]),
);
const operators: fc.Arbitrary<QueryJson["operators"]> = fc.oneof(
  fc.constant<QueryJson["operators"]>([]),
  group.map((value): QueryJson["operators"] => [
    { filter: { $eq: [{ $field: "group" }, { $literal: value }] } },
  ]),
);
const query = fc
  .record({
    bounds,
    operators,
    order: fc.constantFrom("asc", "desc"),
    name: fc.constantFrom("t.by_n", "t.by_group_and_n"),
    group,
  })
  .map((parts) => {
    const prefix = parts.name === "t.by_n" ? [] : [expression("Eq", "group", parts.group)];
    return indexRange(parts.name, [...prefix, ...parts.bounds], parts);
  });
const reading: fc.Arbitrary<Reading> = fc.record({
  query: fc.oneof({ weight: 4, arbitrary: query }, { weight: 1, arbitrary: fc.constant(tableScan("t")) }),
  count: fc.integer({ min: 1, max: 12 }),
  isPage: fc.boolean(),
});

describe("a read set", () => {
  test("is met by every commit that changes the result of its query", async () => {
    const store = openTestStore();
    await applyTestSchema(store, schemaOf({ t: { by_n: ["n"], by_group_and_n: ["group", "n"] } }));
    let changedResults = 0;
    let spared = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(reading, { minLength: 1, maxLength: 4 }),
        change,
        async (readings, applied) => {
          const before = await store.read((reader) => readings.map((each) => resultOf(reader, each)));
          const readSets = await Promise.all(readings.map((each) => readSetOf(store, each)));
          const hits = await hitsOf(store, readSets, applied);
          const after = await store.read((reader) => readings.map((each) => resultOf(reader, each)));
          for (const [index, result] of after.entries()) {
            if (result === before[index]) spared += hits[index] ? 0 : 1;
            else {
              changedResults += 1;
              expect(hits[index]).toBe(true);
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
    expect(changedResults).toBeGreaterThan(100);
    expect(spared).toBeGreaterThan(100);
    await expectConsistentIndexes(store);
  });
});

function isInside({ lower, upper }: IndexRange, written: Uint8Array): boolean {
  return (
    (lower === null || compareKeys(lower, written) <= 0) &&
    (upper === null || compareKeys(written, upper) < 0)
  );
}

function resultOf(reader: Reader, { query, count, isPage }: Reading): string {
  if (isPage) {
    return reader
      .page({ query, cursor: null, endCursor: null, pageSize: count })
      .page.map(({ json }) => json)
      .join();
  }
  const next = reader.stream(query);
  const results: (string | undefined)[] = [];
  for (let index = 0; index < count; index += 1) results.push(next()?.json);
  return results.join();
}

async function readSetOf(store: Store, each: Reading): Promise<Reader["readSet"]> {
  return store.read((reader) => {
    resultOf(reader, each);
    return reader.readSet;
  });
}

async function hitsOf(store: Store, readSets: Reader["readSet"][], applied: Change): Promise<boolean[]> {
  const hits = readSets.map(() => false);
  const stop = store.onCommit(({ writes }) => {
    for (const [index, readSet] of readSets.entries()) hits[index] ||= readSet.intersects(writes);
  });
  await store.transact((writer) => apply(writer, applied));
  stop();
  return hits;
}

async function apply(writer: Writer, applied: Change): Promise<void> {
  if (applied.kind === "insert") {
    writer.insert("t", { n: applied.n, group: applied.group });
    return;
  }
  if (applied.kind === "insert and roll back") {
    const nested = writer.nested(async () => {
      writer.insert("t", { n: applied.n, group: applied.group });
      throw new Error("rolled back");
    });
    await expect(nested).rejects.toThrow("rolled back");
    return;
  }
  const ids = values(collect(writer, tableScan("t")), "_id");
  const id = ids[applied.nth % ids.length];
  if (id === undefined) return;
  if (applied.kind === "patch") writer.patch(String(id), { n: applied.n, group: applied.group });
  else writer.delete(String(id));
}

/** Every index holds each document once, in order. */
async function expectConsistentIndexes(store: Store): Promise<void> {
  await store.read((reader) => {
    if (!(reader instanceof StoreReader)) throw new Error("not the store's reader");
    const documents = collect(reader, tableScan("t"));
    for (const index of reader.engine.catalog.resolve("t").indexes) {
      expect(reader.engine.statements.countEntries(index.id)).toBe(documents.length);
    }
    const byN = collect(reader, indexRange("t.by_n"));
    expect(byN).toEqual(
      documents.toSorted((left, right) => Number(left.n) - Number(right.n) || byCreation(left, right)),
    );
  });
}

function byCreation(left: ConvexObject, right: ConvexObject): number {
  return Number(left._creationTime) - Number(right._creationTime);
}
