import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collect, expression, indexRange, openTestStore, schemaOf, values } from "./testStore.ts";
import type { Reader, Store } from "./types.ts";

const KINDS = ["a", "b", "c"];

async function openIndexedStore(): Promise<Store> {
  const store = openTestStore();
  await store.transact((writer) => store.applySchema(writer, schemaOf({ t: { by_kind: ["kind"] } })));
  return store;
}

function ofKind(reader: Reader, kind: string) {
  const query = indexRange("t.by_kind", [expression("Eq", "kind", kind)], { operators: [{ limit: 3 }] });
  return collect(reader, query);
}

describe("a query that is asked again and again", () => {
  test("shows what was inserted, changed, moved and deleted since, and nothing that was taken back", async () => {
    const store = await openIndexedStore();
    const seen = (kind: string) => store.read((reader) => values(ofKind(reader, kind), "n"));
    expect(await seen("a")).toEqual([]);
    const id = await store.transact((writer) => writer.insert("t", { kind: "a", n: 1 }));
    expect(await seen("a")).toEqual([1]);
    await store.transact((writer) => writer.patch(id.result, { n: 2 }));
    expect(await seen("a")).toEqual([2]);
    const failed = store.transact((writer) => {
      writer.patch(id.result, { n: 3 });
      throw new Error("taken back");
    });
    await expect(failed).rejects.toThrow("taken back");
    expect(await seen("a")).toEqual([2]);
    await store.transact((writer) => writer.patch(id.result, { kind: "b" }));
    expect([await seen("a"), await seen("b")]).toEqual([[], [2]]);
    await store.transact((writer) => void writer.delete(id.result));
    expect(await seen("b")).toEqual([]);
  });

  test("answers as a model does, whatever is written in between", async () => {
    const step = fc.record({
      what: fc.constantFrom("insert", "patch", "move", "delete", "fail"),
      kind: fc.constantFrom(...KINDS),
      pick: fc.nat(20),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const store = await openIndexedStore();
        const model: { id: string; kind: string; n: number }[] = [];
        for (const [n, { what, kind, pick }] of steps.entries()) {
          const row = model[pick % Math.max(1, model.length)];
          if (what === "insert") {
            const { result: id } = await store.transact((writer) => writer.insert("t", { kind, n }));
            model.push({ id, kind, n });
          } else if (what === "fail") {
            const failed = store.transact((writer) => {
              writer.insert("t", { kind, n });
              throw new Error("no");
            });
            await expect(failed).rejects.toThrow("no");
          } else if (row && what === "delete") {
            await store.transact((writer) => void writer.delete(row.id));
            model.splice(model.indexOf(row), 1);
          } else if (row) {
            const change: { kind: string } | { n: number } = what === "move" ? { kind } : { n };
            await store.transact((writer) => writer.patch(row.id, { ...change }));
            Object.assign(row, change);
          }
          for (const each of KINDS) {
            const expected = model.filter((found) => found.kind === each).slice(0, 3);
            const found = await store.read((reader) => values(ofKind(reader, each), "n"));
            expect(found).toEqual(expected.map((document) => document.n));
          }
        }
        await store.close();
      }),
      { numRuns: 30 },
    );
  });
});
