import { expect, test } from "vitest";
import { parseDocumentId } from "../values/documentId.ts";
import { openTestStore, temporaryPath } from "./testStore.ts";
import type { Store } from "./types.ts";

const insert = async (store: Store, table: string) =>
  (await store.transact((writer) => writer.insert(table, { from: table }))).result;
const numberOf = (id: string) => {
  const parsed = parseDocumentId(id);
  return parsed.message === undefined ? parsed.tableNumber : null;
};

test("documents of another deployment keep their ids, also where its tables had each other's numbers", async () => {
  const origin = openTestStore();
  const a = await insert(origin, "a");
  const b = await insert(origin, "b");
  const path = temporaryPath();
  const target = openTestStore({ path });
  for (const table of ["b", "a"]) {
    const id = await insert(target, table);
    await target.transact((writer) => writer.delete(id));
  }
  const numbers = new Map([
    ["a", numberOf(a) ?? 0],
    ["b", numberOf(b) ?? 0],
  ]);
  await target.transact((writer) => {
    target.assignTableNumbers(writer, numbers);
    writer.restore("a", { _id: a, _creationTime: 5, text: "of a" });
    writer.restore("b", { _id: b, _creationTime: 6, text: "of b" });
  });
  await target.close();
  const reopened = openTestStore({ path });
  expect(await reopened.read((reader) => reader.get(a, "a")?.json)).toContain('"_creationTime":5');
  expect(await reopened.read((reader) => reader.get(b, "b")?.json)).toContain("of b");
  expect(numberOf(await insert(reopened, "a"))).toBe(numberOf(a));
});

test("a table with documents keeps its number, and a refused import changes nothing", async () => {
  const store = openTestStore();
  const a = await insert(store, "a");
  const b = await insert(store, "b");
  const swapped = new Map([["a", numberOf(b) ?? 0]]);
  await expect(store.transact((writer) => store.assignTableNumbers(writer, swapped))).rejects.toThrow(
    "has documents",
  );
  await expect(
    store.transact((writer) => {
      store.assignTableNumbers(writer, new Map([["fresh", 20_000]]));
      throw new Error("taken back");
    }),
  ).rejects.toThrow("taken back");
  expect(store.tableOfId(a)).toBe("a");
  expect(numberOf(await insert(store, "fresh"))).not.toBe(20_000);
});
