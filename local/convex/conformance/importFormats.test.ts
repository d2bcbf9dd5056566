import { beforeEach, describe, expect, test } from "vitest";
import { cli, temporaryFile } from "./cli.ts";
import { clear, wire } from "./target.ts";

const list = async (table: string) => {
  const documents = await wire().query<Record<string, unknown>[]>("documents:list", { table });
  return documents.map(({ _id, _creationTime, ...fields }) => fields);
};
const load = async (name: string, content: string, ...options: string[]) =>
  cli(
    "import",
    "--table",
    options.includes("typed") ? "typed" : "things",
    await temporaryFile(name, content),
    "-y",
    ...options.filter((option) => option !== "typed"),
  );

beforeEach(clear);

describe("convex import", () => {
  test("reads CSV: quoted fields, line ends in them, numbers and text", async () => {
    const csv = 'name,count,note\r\nada,1.5,"says ""hi"", twice"\nbob,-2,"two\nlines"\ncy,007x,\n';
    expect(await load("people.csv", csv)).toContain("Added 3 documents");
    expect(await list("things")).toEqual([
      { name: "ada", count: 1.5, note: 'says "hi", twice' },
      { name: "bob", count: -2, note: "two\nlines" },
      { name: "cy", count: "007x", note: "" },
    ]);
  });

  test("reads JSON lines, with every kind of value", async () => {
    const lines = ['{"n":{"$integer":"KgAAAAAAAAA="},"deep":[{"a":null}],"b":true}', '{"n":1}'].join("\n");
    await load("values.jsonl", lines);
    expect(await list("things")).toEqual([{ n: 42n, deep: [{ a: null }], b: true }, { n: 1 }]);
  });

  test("reads a JSON array", async () => {
    await load("array.json", '[{"a":1},{"a":2}]');
    expect(await list("things")).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test("refuses a table that is not empty, unless told to append or to replace", async () => {
    await load("first.jsonl", '{"a":1}');
    await expect(load("again.jsonl", '{"a":2}')).rejects.toThrow("already exists");
    await load("more.jsonl", '{"a":2}', "--append");
    expect(await list("things")).toEqual([{ a: 1 }, { a: 2 }]);
    await load("instead.jsonl", '{"a":3}', "--replace");
    expect(await list("things")).toEqual([{ a: 3 }]);
  });

  test("writes nothing when one row is wrong", async () => {
    await expect(load("bad.jsonl", '{"name":"fine"}\n{"name":5}\n', "typed")).rejects.toThrow(
      "does not match the schema",
    );
    await expect(load("broken.jsonl", '{"a":1}\n{"a":')).rejects.toThrow("Row 2 wasn't valid JSON");
    await expect(load("short.csv", "a,b\n1\n")).rejects.toThrow("CSV row 1");
    expect(await list("typed")).toEqual([]);
    expect(await list("things")).toEqual([]);
  });

  test("a subscribed query shows what was imported", async () => {
    const before = await list("things");
    await load("live.jsonl", Array.from({ length: 2000 }, (_, n) => JSON.stringify({ a: n })).join("\n"));
    expect(before).toEqual([]);
    expect(await list("things")).toHaveLength(2000);
  });
});
