import { describe, expect, test } from "vitest";
import { behaviour, clear, wire } from "./target.ts";

const count = "documents:list";

describe("mutations", () => {
  behaviour("see their own writes by id", async (target) => {
    expect(await target.mutation("transactions:patchAfterInsert")).toMatchObject({ a: 1, c: 3 });
    expect(await target.mutation("transactions:patchAfterInsert")).not.toHaveProperty("b");
    const replaced = await target.mutation("transactions:replaceAfterInsert");
    expect(replaced).toMatchObject({ c: 3 });
    expect(replaced).not.toHaveProperty("a");
    expect(await target.query(count)).toHaveLength(3);
  });

  behaviour("see their own writes in ranges", async (target) => {
    expect(await target.mutation("transactions:rangeSeesWrites")).toEqual([2, 3]);
  });

  behaviour("see their own deletions", async (target) => {
    expect(await target.mutation("transactions:deleteIsVisible")).toEqual([null, 0]);
  });

  behaviour("that throw leave nothing behind", async (target) => {
    await expect(target.mutation("transactions:throwAfterWrites")).rejects.toThrow("outer failure");
    expect(await target.query(count)).toEqual([]);
  });

  behaviour("keep their writes when a call inside fails, whose writes vanish", async (target) => {
    expect(await target.mutation("transactions:survivesInner")).toContain("inner failure");
    expect(await target.query(count)).toMatchObject([{ name: "outer" }]);
  });

  behaviour("take the writes of calls inside with them when they throw", async (target) => {
    await expect(target.mutation("transactions:innerThenThrow")).rejects.toThrow("outer failure");
    expect(await target.query(count)).toEqual([]);
  });

  behaviour("share their writes with the functions they call", async (target) => {
    expect(await target.mutation("transactions:innerSeesOuter")).toEqual([1, 2]);
  });

  behaviour("may ask the snapshot from before their own writes", async (target) => {
    await target.mutation("documents:insert", { value: {} });
    expect(await target.mutation("transactions:snapshotBeforeWrites")).toBe(1);
  });

  test("never show the snapshot their own writes: they are left out, or the call is refused by name", async () => {
    await clear();
    const count = wire().mutation("transactions:snapshotAfterWrite");
    expect(await count.catch((error: unknown) => String(error))).toSatisfy(
      (answer) => answer === 0 || String(answer).includes("useStaleSnapshot"),
    );
  });

  behaviour("of the same document at the same time lose nothing", async (target) => {
    const id = await target.mutation("documents:insert", { value: { items: [] } });
    const items = Array.from({ length: 12 }, (_, item) => item);
    await Promise.all(items.map((item) => target.mutation("transactions:append", { id, item })));
    const thing = await target.query<{ items: number[] }>("documents:get", { id });
    expect(thing.items.toSorted((left, right) => left - right)).toEqual(items);
  });

  for (const kind of ["patch", "replace", "delete"]) {
    behaviour(`refuse to ${kind} what does not exist`, async (target) => {
      const id = await target.mutation("documents:insert", { value: {} });
      await target.mutation("documents:remove", { id });
      await expect(target.mutation("transactions:writesById", { id, kind })).rejects.toThrow(/non-?exist/);
    });
  }

  behaviour("refuse to change _id and _creationTime, and accept them unchanged", async (target) => {
    const id = await target.mutation<string>("documents:insert", { value: { a: 1 } });
    const other = await target.mutation<string>("documents:insert", { value: { a: 1 } });
    await expect(target.mutation("documents:patch", { id, value: { _id: other } })).rejects.toThrow();
    const { _creationTime } = await target.query<{ _creationTime: number }>("documents:get", { id });
    await target.mutation("documents:replace", { id, value: { _id: id, _creationTime, a: 2 } });
    expect(await target.query("documents:get", { id })).toMatchObject({ _id: id, _creationTime, a: 2 });
  });

  behaviour("may name the table of an id, which must be the right one", async (target) => {
    const id = await target.mutation("documents:insert", { value: { a: 1 } });
    const call = (table: string, kind: string) =>
      target.mutation("transactions:byTableAndId", { table, id, kind });
    expect(await call("things", "get")).toMatchObject({ a: 1 });
    await call("things", "patch");
    expect(await call("things", "get")).toMatchObject({ a: 2 });
    await call("things", "replace");
    expect(await call("things", "get")).toMatchObject({ a: 3 });
    for (const kind of ["get", "patch", "replace", "delete"]) {
      await expect(call("typed", kind)).rejects.toThrow();
    }
    await call("things", "delete");
    expect(await call("things", "get")).toBeNull();
  });
});
