import { mkdtempSync, rmSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readZip } from "./zipReader.ts";
import { ZipWriter } from "./zipWriter.ts";

function temporaryPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "convex-zip-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "test.zip");
}

async function bytesOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

test("what was written is read back: empty, large and non-ASCII", async () => {
  const path = temporaryPath();
  const large = Buffer.alloc(3_000_000, "0123456789");
  const file = await open(path, "w");
  const zip = new ZipWriter(file);
  await zip.add("empty.txt", []);
  await zip.add("folder/large.bin", [large.subarray(0, 1_000_001), large.subarray(1_000_001)]);
  await zip.add("grün.txt", [Buffer.from("ünï")]);
  await zip.finish();
  await file.close();
  const entries = await readZip(path);
  expect(entries.map(({ name }) => name)).toEqual(["empty.txt", "folder/large.bin", "grün.txt"]);
  const contents = await Promise.all(entries.map((entry) => bytesOf(entry.read())));
  expect(contents[0]).toHaveLength(0);
  expect(contents[1]?.equals(large)).toBe(true);
  expect(contents[2]?.toString()).toBe("ünï");
});

test("what is no ZIP file is refused", async () => {
  const path = temporaryPath();
  await writeFile(path, "no zip");
  await expect(readZip(path)).rejects.toThrow("invalid zip file");
});
