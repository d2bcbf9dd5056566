import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { FileStore } from "../storage/fileStore.ts";
import { STORAGE_TABLE } from "../store/catalog.ts";
import type { CommitTs, Reader, Store } from "../store/types.ts";
import { withoutLimits } from "./withoutLimits.ts";
import { ZipWriter } from "./zipWriter.ts";

/** What most applications store; the name's ending is only for people who unpack the file. */
const EXTENSIONS: Record<string, string> = {
  "image/png": ".png",
  "image/jpeg": ".jpeg",
  "image/gif": ".gif",
  "image/webp": ".webp",
  "image/svg+xml": ".svg",
  "application/pdf": ".pdf",
  "application/json": ".json",
  "text/plain": ".txt",
  "text/html": ".html",
  "text/csv": ".csv",
};
/** Values stand in the JSON that Convex uses on the wire. */
const UNIFORM = '"uniform"\n';

interface ExportOptions {
  store: Store;
  files: FileStore;
  path: string;
  includeStorage: boolean;
}

/** Writes all tables as of one moment to a ZIP file; writes wait meanwhile. Returns that moment. */
export async function performExport(options: ExportOptions): Promise<CommitTs> {
  const { store, path } = options;
  await using file = await open(path, "w");
  const zip = new ZipWriter(file);
  const ts = await store.read(async (reader) => {
    const names = reader.tableNames();
    const tables = names.map((name) => ({ name, id: store.tableNumber(name) }));
    await zip.add("_tables/documents.jsonl", lines(tables.map((table) => JSON.stringify(table))));
    for (const name of names) {
      await zip.add(`${name}/documents.jsonl`, lines(documents(reader, name)));
      await zip.add(`${name}/generated_schema.jsonl`, [Buffer.from(UNIFORM)]);
    }
    if (options.includeStorage) await addFiles(zip, reader, options);
    return reader.ts;
  });
  await zip.finish();
  await file.sync();
  return ts;
}

async function addFiles(zip: ZipWriter, reader: Reader, { files }: ExportOptions): Promise<void> {
  await zip.add(`${STORAGE_TABLE}/documents.jsonl`, lines(documents(reader, STORAGE_TABLE)));
  for (const text of documents(reader, STORAGE_TABLE)) {
    const { _id }: { _id: string } = JSON.parse(text);
    const file = files.find(reader, _id);
    if (file === null) throw new Error(`File ${_id} has no bytes.`);
    const extension = EXTENSIONS[file.contentType?.split(";")[0]?.trim() ?? ""] ?? "";
    await zip.add(`${STORAGE_TABLE}/${_id}${extension}`, createReadStream(files.path(file.uuid)));
  }
}

function* documents(reader: Reader, tableName: string): Generator<string> {
  const next = reader.stream({ source: { type: "FullTableScan", tableName, order: null }, operators: [] });
  for (let read = next(); read !== null; read = next()) {
    withoutLimits(reader);
    yield read.json;
  }
}

const CHUNK_CHARACTERS = 64 * 1024;

/** Joined to chunks, because each one is compressed on its own. */
function* lines(texts: Iterable<string>): Generator<Buffer> {
  let chunk = "";
  for (const text of texts) {
    chunk += `${text}\n`;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(chunk);
    chunk = "";
  }
  if (chunk !== "") yield Buffer.from(chunk);
}
