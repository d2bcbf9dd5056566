import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readZip } from "../transfer/zipReader.ts";
import { cli, temporaryFolder } from "./cli.ts";
import { importOverApi } from "./importOverApi.ts";
import { clear, wire } from "./target.ts";

beforeEach(clear);

const snapshot = () =>
  Promise.all([
    wire().query("documents:list"),
    wire().query("documents:list", { table: "typed" }),
    wire().query("files:list"),
  ]);

async function firstLine(chunks: AsyncIterable<Buffer> | undefined): Promise<unknown> {
  const all: Buffer[] = [];
  for await (const chunk of chunks ?? []) all.push(chunk);
  return JSON.parse(Buffer.concat(all).toString("utf8").split("\n")[0] ?? "");
}

describe("convex export and import of a snapshot", () => {
  test("bring back documents with their ids, references, values and files", async () => {
    const value = { n: 42n, bytes: new ArrayBuffer(3), x: 1.5 };
    const thing = await wire().mutation<string>("documents:insert", { value });
    await wire().mutation("documents:insert", { table: "typed", value: { name: "refers", thing } });
    const stored = { text: "a file", type: "text/plain" };
    const file = await wire().action<string>("files:storeInAction", stored);
    const before = await snapshot();

    const path = join(await temporaryFolder(), "snapshot.zip");
    expect(await cli("export", "--include-file-storage", "--path", path)).toContain("Downloaded snapshot");
    const entries = await readZip(path);
    const named = (name: string) => entries.find((entry) => entry.name.startsWith(name));
    expect(await firstLine(named("things/documents.jsonl")?.read())).toMatchObject({ _id: thing });
    expect(await firstLine(named("_tables/documents.jsonl")?.read())).toHaveProperty("id");
    expect(named("typed/documents.jsonl")).toBeDefined();
    expect(named(`_storage/${file}`)).toBeDefined();

    await clear();
    await wire().mutation("documents:insert", { value: { other: true } });
    expect(await cli("import", "--replace-all", "-y", path)).toMatch(/Added \d+ documents/);
    expect(await snapshot()).toEqual(before);
    expect(await wire().action("files:readInAction", { id: file })).toEqual(stored);
    expect(await wire().query("documents:get", { id: thing })).toMatchObject({ n: 42n });

    const zip = await readFile(path);
    const over = (mode: "requireEmpty" | "append" | "replace") =>
      importOverApi(zip, { table: null, mode, format: "zip" });
    await expect(over("requireEmpty")).rejects.toThrow("already exists");
    await expect(over("append")).rejects.toThrow("already is a document");
    expect(await snapshot()).toEqual(before);
    await over("replace");
    expect(await snapshot()).toEqual(before);
  });
});
