import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { openTestStore } from "../store/testStore.ts";
import { FileStore } from "./fileStore.ts";

const MINUTE_MS = 60_000;

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "convex-files-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function openFiles(options: { store?: ReturnType<typeof openTestStore>; directory?: string } = {}) {
  const { store = openTestStore(), directory = temporaryDirectory() } = options;
  const files = await FileStore.open({ store, directory, cloudUrl: "http://cloud.test" });
  return { store, directory, files };
}

test("an upload URL is valid for one hour, and only as it was made", async () => {
  const { files } = await openFiles();
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const token = new URL(files.uploadUrl()).searchParams.get("token") ?? "";
  vi.advanceTimersByTime(59 * MINUTE_MS);
  expect(files.isValidUploadToken(token)).toBe(true);
  expect(files.isValidUploadToken(`9${token}`)).toBe(false);
  expect(files.isValidUploadToken("")).toBe(false);
  vi.advanceTimersByTime(2 * MINUTE_MS);
  expect(files.isValidUploadToken(token)).toBe(false);
});

test("a restart keeps files and upload URLs, and removes bytes that no document names", async () => {
  const { store, directory, files } = await openFiles();
  const written = await files.write(chunks("kept ", "bytes"));
  const { result: id } = await store.transact((writer) => files.add(writer, written, null));
  await files.write(chunks("of a mutation that was rolled back"));
  writeFileSync(join(directory, "half-an-upload"), "x");
  const token = new URL(files.uploadUrl()).searchParams.get("token") ?? "";
  files.close();
  const { files: reopened } = await openFiles({ store, directory });
  expect(readdirSync(directory)).toEqual([written.uuid]);
  expect(reopened.isValidUploadToken(token)).toBe(true);
  const found = await store.read((reader) => reopened.find(reader, id));
  expect(found && String(await reopened.read(found))).toBe("kept bytes");
});

test("bytes go when the deletion has committed, and stay when it was rolled back", async () => {
  const { store, directory, files } = await openFiles();
  const written = await files.write(chunks("bytes"));
  const { result: id } = await store.transact((writer) => files.add(writer, written, "text/plain"));
  const failing = store.transact((writer) => {
    files.delete(writer, id);
    throw new Error("taken back");
  });
  await expect(failing).rejects.toThrow("taken back");
  await store.transact((writer) => writer.setState("something", "else"));
  expect(readdirSync(directory)).toEqual([written.uuid]);
  await store.transact((writer) => files.delete(writer, id));
  await vi.waitFor(() => expect(readdirSync(directory)).toEqual([]));
});

test("bytes that do not match the digest leave nothing behind", async () => {
  const { directory, files } = await openFiles();
  await expect(files.write(chunks("bytes"), "AAAA")).rejects.toThrow("Sha256 mismatch");
  expect(readdirSync(directory)).toEqual([]);
});
