import { beforeEach, describe, expect, test } from "vitest";
import { cli, temporaryFile } from "./cli.ts";
import { importOverApi } from "./importOverApi.ts";
import { clear, liveClient, watch, wire } from "./target.ts";

const list = async (table = "things") => {
  const documents = await wire().query<Record<string, unknown>[]>("documents:list", { table });
  return documents.map(({ _id, _creationTime, ...fields }) => fields);
};
const lines = (
  content: string,
  mode: "requireEmpty" | "append" | "replace" | "replaceAll",
  table = "things",
) => importOverApi(content, { table, mode, format: "jsonLines" });

beforeEach(clear);

describe("convex import", () => {
  test("reads CSV: quoted fields, line ends in them, numbers and text", async () => {
    const csv = 'name,count,note\r\nada,1.5,"says ""hi"", twice"\nbob,-2,"two\nlines"\ncy,007x,\n';
    const path = await temporaryFile("people.csv", csv);
    expect(await cli("import", "--table", "things", path, "-y")).toContain("Added 3 documents");
    expect(await list()).toEqual([
      { name: "ada", count: 1.5, note: 'says "hi", twice' },
      { name: "bob", count: -2, note: "two\nlines" },
      { name: "cy", count: "007x", note: "" },
    ]);
  });

  test("reads JSON lines, with every kind of value", async () => {
    const path = await temporaryFile(
      "values.jsonl",
      '{"n":{"$integer":"KgAAAAAAAAA="},"deep":[{"a":null}],"b":true}\n{"n":1}',
    );
    await cli("import", "--table", "things", path);
    expect(await list()).toEqual([{ n: 42n, deep: [{ a: null }], b: true }, { n: 1 }]);
  });

  test("reads a JSON array, and shows its own error when it is none", async () => {
    expect(
      await importOverApi('[{"a":1},{"a":2}]', {
        table: "things",
        mode: "requireEmpty",
        format: "jsonArray",
      }),
    ).toBe(2);
    expect(await list()).toEqual([{ a: 1 }, { a: 2 }]);
    const path = await temporaryFile("object.json", "{}");
    await expect(cli("import", "--table", "things", path, "--append")).rejects.toThrow("Not a JSON array");
  });

  test("refuses a table that is not empty, unless told to append or to replace", async () => {
    await lines('{"a":1}', "requireEmpty");
    await expect(lines('{"a":2}', "requireEmpty")).rejects.toThrow("already exists");
    await lines('{"a":2}', "append");
    expect(await list()).toEqual([{ a: 1 }, { a: 2 }]);
    await lines('{"a":3}', "replace");
    expect(await list()).toEqual([{ a: 3 }]);
  });

  test("writes nothing when one row is wrong", async () => {
    await expect(lines('{"name":"fine"}\n{"name":5}\n', "append", "typed")).rejects.toThrow(
      "does not match the schema",
    );
    await expect(lines('{"a":1}\n{"a":', "append")).rejects.toThrow("Row 2 wasn't valid JSON");
    await expect(lines('{"a":1}\n[]', "append")).rejects.toThrow("Row 2 wasn't an object");
    const csv = { table: "things", mode: "append", format: "csv" } as const;
    await expect(importOverApi("a,b\n1\n", csv)).rejects.toThrow("CSV row 1");
    await expect(importOverApi("", csv)).rejects.toThrow("headers");
    expect([await list("typed"), await list()]).toEqual([[], []]);
  });

  test("a subscribed query shows what was imported, all at once", async () => {
    await using client = liveClient();
    const { until, results } = watch<unknown[]>(client, "documents:list", {});
    await until((things) => things.length === 0);
    await lines(Array.from({ length: 2000 }, (_, n) => JSON.stringify({ a: n })).join("\n"), "append");
    await until((things) => things.length === 2000);
    expect(results).toHaveLength(2);
  });
});
