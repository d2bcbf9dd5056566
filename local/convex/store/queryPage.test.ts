import { describe, expect, test } from "vitest";
import { applyTestSchema, expression, indexRange, openTestStore, schemaOf, tableScan } from "./testStore.ts";
import type { ConvexObject, Page, PageRequest, QueryJson, ReadDocument, Store } from "./types.ts";

const ASCENDING = indexRange("t.by_n");
const FROM_15 = indexRange("t.by_n", [], {
  operators: [{ filter: { $gte: [{ $field: "n" }, { $literal: 15 }] } }],
});

describe("pages", () => {
  test.each(["asc", "desc"] as const)("follow each other without gaps or repeats, %s", async (order) => {
    const store = await numberStore(25);
    const query = indexRange("t.by_n", [expression("Gte", "n", 3)], { order });
    const numbers: number[] = [];
    let cursor: string | null = null;
    for (;;) {
      const page: Page = await readPage(store, { query, cursor, pageSize: 4 });
      numbers.push(...numbersOf(page));
      if (page.isDone) break;
      cursor = page.continueCursor;
    }
    const expected = Array.from({ length: 22 }, (_, index) => index + 3);
    expect(numbers).toEqual(order === "asc" ? expected : expected.reverse());
  });

  test("stay contiguous when rows appear and disappear at their borders", async () => {
    const store = await numberStore(10);
    const first = await readPage(store, { pageSize: 4 });
    await store.transact((writer) => {
      const ids = first.page.map((read) => String(parse(read)._id));
      writer.delete(ids[3] ?? "");
      writer.insert("t", { n: 2.5 });
      writer.insert("t", { n: 3.5 });
    });
    const again = await readPage(store, { endCursor: first.continueCursor, pageSize: 4 });
    const second = await readPage(store, { cursor: first.continueCursor, pageSize: 3 });
    expect(numbersOf(again)).toEqual([0, 1, 2, 2.5]);
    expect(again).toMatchObject({ continueCursor: first.continueCursor, isDone: false });
    expect(numbersOf(second)).toEqual([3.5, 4, 5]);
  });

  test("grow and shrink up to their end cursor, whatever the page size", async () => {
    const store = await numberStore(3);
    const whole = await readPage(store, { pageSize: 10 });
    expect(whole).toMatchObject({ isDone: true });
    await store.transact((writer) => {
      for (let n = 3; n < 20; n += 1) writer.insert("t", { n });
    });
    const grown = await readPage(store, { endCursor: whole.continueCursor, pageSize: 10 });
    expect(numbersOf(grown)).toHaveLength(20);
    expect(grown.isDone).toBe(true);
    const left = await readPage(store, { endCursor: grown.splitCursor, pageSize: 10 });
    const right = await readPage(store, {
      cursor: grown.splitCursor,
      endCursor: grown.continueCursor,
      pageSize: 10,
    });
    expect([...numbersOf(left), ...numbersOf(right)]).toEqual(numbersOf(grown));
  });

  test("are not done before the end was seen, and an empty last page is", async () => {
    const store = await numberStore(4);
    const first = await readPage(store, { pageSize: 4 });
    expect(first.isDone).toBe(false);
    const last = await readPage(store, { cursor: first.continueCursor, pageSize: 4 });
    expect(last).toMatchObject({ page: [], isDone: true });
    const after = await readPage(store, { cursor: last.continueCursor, pageSize: 4 });
    expect(after).toMatchObject({ page: [], isDone: true, continueCursor: last.continueCursor });
  });

  test("with a filter go on behind the rows that it dropped", async () => {
    const store = await numberStore(20);
    const first = await readPage(store, { query: FROM_15, pageSize: 2 });
    expect(numbersOf(first)).toEqual([15, 16]);
    expect(
      numbersOf(await readPage(store, { query: FROM_15, cursor: first.continueCursor, pageSize: 2 })),
    ).toEqual([17, 18]);
  });

  test("stop at maximumRowsRead and say that they must be split", async () => {
    const store = await numberStore(20);
    const first = await readPage(store, { query: FROM_15, pageSize: 2, maximumRowsRead: 10 });
    expect(first).toMatchObject({ page: [], isDone: false, pageStatus: "SplitRequired" });
    const second = await readPage(store, {
      query: FROM_15,
      cursor: first.continueCursor,
      pageSize: 2,
      maximumRowsRead: 10,
    });
    expect(numbersOf(second)).toEqual([15, 16]);
  });

  test("record what they read: up to the last row, or all when done", async () => {
    const store = await numberStore(10);
    const reads = await store.read((reader) => {
      reader.page({ query: ASCENDING, cursor: null, endCursor: null, pageSize: 3 });
      return reader.readSet;
    });
    const hits: boolean[] = [];
    store.onCommit((commit) => hits.push(reads.intersects(commit.writes)));
    await store.transact((writer) => writer.insert("t", { n: 1.5 }));
    await store.transact((writer) => writer.insert("t", { n: 2.5 }));
    expect(hits).toEqual([true, false]);
  });
});

describe("a cursor", () => {
  test("of another query is refused with the text and data that clients look for", async () => {
    const store = await numberStore(5);
    const { continueCursor } = await readPage(store, { pageSize: 2 });
    for (const cursor of [continueCursor, "", "garbage", `${continueCursor}!`]) {
      const foreign = readPage(store, { query: tableScan("t"), cursor, pageSize: 2 });
      await expect(foreign).rejects.toMatchObject({
        message: expect.stringContaining("InvalidCursor"),
        data: { isConvexSystemError: true, paginationError: "InvalidCursor" },
      });
    }
  });

  test("with a forged key reads nothing outside of the query's range", async () => {
    const store = await numberStore(10);
    const query = indexRange("t.by_n", [expression("Gte", "n", 4), expression("Lt", "n", 6)]);
    const { continueCursor } = await readPage(store, { query, pageSize: 1 });
    const [fingerprint] = continueCursor.split(".");
    const lowest = `${fingerprint}.${Buffer.of(0).toString("base64url")}`;
    const highest = `${fingerprint}.${Buffer.of(255).toString("base64url")}`;
    expect(
      numbersOf(await readPage(store, { query, cursor: lowest, endCursor: highest, pageSize: 9 })),
    ).toEqual([4, 5]);
  });
});

async function numberStore(count: number): Promise<Store> {
  const store = openTestStore();
  await applyTestSchema(store, schemaOf({ t: { by_n: ["n"] } }));
  await store.transact((writer) => {
    for (let n = 0; n < count; n += 1) writer.insert("t", { n });
  });
  return store;
}

async function readPage(store: Store, request: Partial<PageRequest> & { query?: QueryJson }): Promise<Page> {
  const defaults = { query: ASCENDING, cursor: null, endCursor: null, pageSize: 10 };
  return store.read((reader) => reader.page({ ...defaults, ...request }));
}

function numbersOf(page: Page): number[] {
  return page.page.map((read) => Number(parse(read).n));
}

function parse({ json }: ReadDocument): ConvexObject {
  return JSON.parse(json) as ConvexObject;
}
