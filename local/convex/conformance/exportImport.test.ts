import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readZip } from "../transfer/zipReader.ts";
import { cli, temporaryFolder } from "./cli.ts";
import { clear, wire } from "./target.ts";

beforeEach(clear);

const text = async (chunks: AsyncIterable<Buffer>) => {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString("utf8");
};

describe("convex export and import of a snapshot", () => {
  test("brings back documents with their ids, references, values and files", async () => {
    const thing = await wire().mutation<string>("documents:insert", {
      value: { n: 42n, bytes: new ArrayBuffer(3), x: 1.5 },
    });
    await wire().mutation("documents:insert", { table: "typed", value: { name: "refers", thing } });
    const file = await wire().action<string>("files:storeInAction", { text: "a file", type: "text/plain" });
    const before = await Promise.all([
      wire().query("documents:list"),
      wire().query("documents:list", { table: "typed" }),
      wire().query("files:list"),
    ]);
    const path = join(await temporaryFolder(), "snapshot.zip");
    expect(await cli("export", "--include-file-storage", "--path", path)).toContain("Downloaded snapshot");
    const entries = await readZip(path);
    const names = entries.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "_tables/documents.jsonl",
        "things/documents.jsonl",
        "typed/documents.jsonl",
        "_storage/documents.jsonl",
      ]),
    );
    expect(names.some((name) => name.startsWith(`_storage/${file}`))).toBe(true);
    const things = entries.find(({ name }) => name === "things/documents.jsonl");
    expect(JSON.parse(await text(things?.read() ?? (async function* () {})()))).toMatchObject({ _id: thing });

    await clear();
    await wire().mutation("documents:insert", { value: { other: true } });
    expect(await cli("import", "--replace-all", "-y", path)).toContain("Added 3 documents");
    const after = await Promise.all([
      wire().query("documents:list"),
      wire().query("documents:list", { table: "typed" }),
      wire().query("files:list"),
    ]);
    expect(after).toEqual(before);
    expect(await wire().action("files:readInAction", { id: file })).toEqual({
      text: "a file",
      type: "text/plain",
    });
    expect(await wire().query("documents:get", { id: thing })).toMatchObject({ n: 42n });
  });

  test("refuses a snapshot over existing documents, unless told what to do with them", async () => {
    await wire().mutation("documents:insert", { value: { a: 1 } });
    const path = join(await temporaryFolder(), "snapshot.zip");
    await cli("export", "--path", path);
    await expect(cli("import", path, "-y")).rejects.toThrow("already exists");
    await expect(cli("import", "--append", path, "-y")).rejects.toThrow("already is a document");
    await cli("import", "--replace", path, "-y");
    expect(await wire().query("documents:list")).toMatchObject([{ a: 1 }]);
  });
});
