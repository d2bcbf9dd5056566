import type { FileStore, WrittenFile } from "../storage/fileStore.ts";
import { STORAGE_TABLE } from "../store/catalog.ts";
import type { ConvexObject, Store, Writer } from "../store/types.ts";
import type { ImportPlan } from "./importPlan.ts";
import type { ImportSource } from "./importSource.ts";
import { withoutLimits } from "./withoutLimits.ts";

/** Writes an import in one transaction: all of it or nothing. Returns the number of documents written. */
export async function performImport(
  { store, files }: { store: Store; files: FileStore },
  source: ImportSource,
  plan: ImportPlan,
): Promise<number> {
  const bytes = await writeFiles(files, source);
  const { result } = await store.transact(async (writer) => {
    for (const { table, deleted } of plan.changes) {
      if (deleted > 0) deleteAll(writer, files, table);
    }
    const numbers = new Map<string, number>();
    for (const { table, number } of plan.changes) if (number !== null) numbers.set(table, number);
    store.assignTableNumbers(writer, numbers);
    let written = 0;
    for (const table of source.tables) {
      let row = 0;
      for await (const document of table.rows()) {
        row += 1;
        withoutLimits(writer);
        insert(writer, files, { table: table.name, row, document, bytes });
        written += 1;
      }
    }
    return written;
  });
  return result;
}

/** The bytes of all imported files, by the id of their document. They are durable before the transaction begins. */
async function writeFiles(files: FileStore, source: ImportSource): Promise<Map<string, WrittenFile>> {
  const written = new Map<string, WrittenFile>();
  const table = source.tables.find(({ name }) => name === STORAGE_TABLE);
  if (table === undefined) return written;
  for await (const { _id } of table.rows()) {
    const content = source.file(String(_id));
    if (content === null) {
      throw new Error(
        `The zip file has no bytes for file ${String(_id)}; export with --include-file-storage, or leave out _storage.`,
      );
    }
    written.set(String(_id), await files.write(content));
  }
  return written;
}

function deleteAll(writer: Writer, files: FileStore, table: string): void {
  const next = writer.stream({
    source: { type: "FullTableScan", tableName: table, order: null },
    operators: [],
  });
  for (let read = next(); read !== null; read = next()) {
    const { _id }: { _id: string } = JSON.parse(read.json);
    withoutLimits(writer);
    if (table === STORAGE_TABLE) files.delete(writer, _id);
    else writer.delete(_id, table);
  }
}

function insert(
  writer: Writer,
  files: FileStore,
  import_: { table: string; row: number; document: ConvexObject; bytes: Map<string, WrittenFile> },
): void {
  const { table, row, document, bytes } = import_;
  try {
    if (table !== STORAGE_TABLE) {
      writer.restore(table, document);
      return;
    }
    const { _id = null, _creationTime = null, contentType } = document;
    const written = bytes.get(String(_id));
    if (written === undefined) throw new Error("The file has no bytes.");
    const { uuid, sha256, size } = written;
    if (typeof document.sha256 === "string" && document.sha256 !== sha256) {
      throw new Error(`The bytes of file ${String(_id)} do not match its sha256.`);
    }
    const restored: ConvexObject = { _id, _creationTime, sha256, size };
    if (typeof contentType === "string") restored.contentType = contentType;
    writer.restore(table, restored);
    files.link(writer, String(_id), uuid);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Row ${row} of table ${table}: ${reason}`, { cause: error });
  }
}
