import { AsyncLocalStorage } from "node:async_hooks";
import Database from "libsql";
import { searchEntries } from "../search/searchIndex.ts";
import { newDocumentId } from "../values/documentId.ts";
import { encodeDocument } from "../values/encodeDocument.ts";
import { encodeKey } from "../values/keyCodec.ts";
import { formatBytes } from "../values/limits.ts";
import { resolveCommitTs } from "../values/resolveCommitTs.ts";
import { validate } from "../values/validate.ts";
import { isSystemTable, type Table } from "./catalog.ts";
import { changesFit, type Versions } from "./changesFit.ts";
import { type Engine, enterSqlite, undoTo } from "./engine.ts";
import { entriesOf, keepParsed, parsedDocument } from "./parsedDocument.ts";
import { applySchema } from "./schemaChange.ts";
import type { IndexEntry, StoredDocument } from "./statements.ts";
import { StoreReader } from "./storeReader.ts";
import { assignTableNumbers, persistTable } from "./tableNumbers.ts";
import type {
  CommitTs,
  ConvexJson,
  ConvexObject,
  IndexWrite,
  ReadDocument,
  SchemaDefinition,
  Writer,
} from "./types.ts";

/** Sub-transactions form a tree; only the innermost one that runs may write. */
interface Frame {
  owner: StoreWriter;
  isRunningChild: boolean;
  /** Ends when the last sub-transaction started in this frame has ended. */
  children: Promise<unknown>;
}

/** One for all writers, and off while nobody nests: an AsyncLocalStorage in use slows down every promise. */
const frames = new AsyncLocalStorage<Frame>();
let nestedRuns = 0;

export interface WriterOptions {
  ts: CommitTs;
  /** Timestamp that the writes will have when they commit. */
  commitTs: CommitTs;
  /** Called before the first write. */
  begin: () => void;
}

export class StoreWriter extends StoreReader implements Writer {
  readonly commitTs: CommitTs;
  readonly #begin: () => void;
  readonly #root: Frame = { owner: this, isRunningChild: false, children: Promise.resolve() };
  readonly #validation = { tableOfId: (id: string) => this.engine.catalog.tableOfId(id) };
  #writes: IndexWrite[] = [];
  #hasBegun = false;
  #failure: Error | null = null;

  constructor(engine: Engine, { ts, commitTs, begin }: WriterOptions) {
    super(engine, ts);
    this.commitTs = commitTs;
    this.#begin = begin;
  }

  get writes(): readonly IndexWrite[] {
    return this.#writes;
  }

  /** True when anything was written, state and session results included. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** What SQLite failed with, which no caller can mend. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Throws when the transaction cannot commit, whatever the caller made of the errors on the way. */
  requireCommittable(): void {
    if (this.#failure) throw this.#failure;
    if (this.#root.isRunningChild) {
      throw new Error("A nested mutation was still running when its caller returned; await it.");
    }
  }

  insert(tableName: string, value: ConvexObject): string {
    return this.#write(() => {
      const table = this.engine.catalog.resolve(tableName);
      if (!table.isPersisted) persistTable(this.engine, table);
      const id = newDocumentId(table.number);
      if (value._id !== undefined) {
        throw new Error(`The document has id ${id}, but its '_id' field is ${JSON.stringify(value._id)}`);
      }
      const resolved = resolveCommitTs(value, this.commitTs);
      this.#checkSchema(table, resolved);
      this.#add(table, id, { _id: id, _creationTime: this.engine.clock.nextCreationTime(), ...resolved });
      return id;
    });
  }

  restore(tableName: string, document: ConvexObject): void {
    this.#write(() => {
      const table = this.engine.catalog.resolve(tableName);
      if (!table.isPersisted) persistTable(this.engine, table);
      const { _id = newDocumentId(table.number), _creationTime, ...fields } = document;
      const id = String(_id);
      if (this.locate("import", id, tableName) !== table) {
        throw new Error(`The id ${id} does not belong to table ${tableName}.`);
      }
      if (this.engine.pending.documentByKey(table.byId.id, encodeKey([id])) !== null) {
        throw new Error(`There already is a document with the id ${id}.`);
      }
      if (_creationTime !== undefined && typeof _creationTime !== "number") {
        throw new Error(`The document's '_creationTime' field is ${JSON.stringify(_creationTime)}`);
      }
      this.#checkSchema(table, fields);
      const createdAt = _creationTime ?? this.engine.clock.nextCreationTime();
      this.#add(table, id, { ...fields, _id: id, _creationTime: createdAt });
    });
  }

  assignTableNumbers(numbers: ReadonlyMap<string, number>): void {
    this.#write(() => assignTableNumbers(this.engine, numbers));
  }

  #add(table: Table, id: string, document: ConvexObject): void {
    const { json, sizeBytes } = encodeDocument(document);
    this.#countWrite(table, sizeBytes);
    const doc = this.engine.nextDoc;
    this.engine.nextDoc += 1;
    const stored = { doc, sizeBytes, json };
    this.#put(id, stored);
    for (const entry of keepParsed(table, stored, { document })) this.#insertEntry(entry, doc);
    if (table.searchIndexes.length > 0) this.#moveSearchEntries(table, doc, null, document);
    this.#addToCount(table, 1);
  }

  patch(id: string, value: ConvexObject, tableName?: string): void {
    this.#write(() => {
      const { table, stored } = this.#find("db.patch", id, tableName, "Update");
      const old = parsedDocument(stored);
      // Not field by field: after a spread, V8 takes a microsecond for each new one.
      const next: ConvexObject = Object.assign({}, old, resolveCommitTs(value, this.commitTs));
      for (const name in value) {
        if (isUndefined(value[name])) delete next[name];
      }
      this.#update(table, stored, { old, next, names: Object.keys(value) });
    });
  }

  replace(id: string, value: ConvexObject, tableName?: string): void {
    this.#write(() => {
      const { table, stored } = this.#find("db.replace", id, tableName, "Replace");
      const old = parsedDocument(stored);
      const { _id = null, _creationTime = null } = old;
      const next = { _id, _creationTime, ...resolveCommitTs(value, this.commitTs) };
      this.#update(table, stored, { old, next, names: Object.keys({ ...old, ...next }) });
    });
  }

  delete(id: string, tableName?: string): ReadDocument {
    return this.#write(() => {
      const { table, stored } = this.#find("db.delete", id, tableName, "Delete");
      const old = parsedDocument(stored);
      this.#countWrite(table, 0);
      this.engine.pending.deleteDocument(stored.doc);
      this.engine.documents.delete(id);
      for (const entry of entriesOf(table, stored)) this.#deleteEntry(entry);
      if (table.searchIndexes.length > 0) this.#moveSearchEntries(table, stored.doc, old, null);
      this.#addToCount(table, -1);
      return stored;
    });
  }

  setState(key: string, value: string | null): void {
    this.#write(() => this.engine.pending.setState(key, value));
  }

  recordSessionResult(sessionId: string, requestId: number, response: string): void {
    this.#write(() => {
      const recordedAt = this.engine.clock.nowMs();
      this.engine.pending.recordSessionResult({ sessionId, requestId, response, recordedAt });
    });
  }

  /** Must be the first write of its transaction. */
  applySchema(schema: SchemaDefinition | null): void {
    if (this.#hasBegun) throw new Error("A schema must be applied before anything else is written.");
    this.#write(() => {
      enterSqlite(this.engine);
      applySchema(this.engine, schema);
    });
  }

  /** Sub-transactions that are started side by side run one after the other. */
  async nested<T>(body: () => Promise<T>): Promise<T> {
    this.requireOpen();
    const parent = this.#frame();
    const run = parent.children.then(() => this.#runNested(parent, body));
    parent.children = run.then(noop, noop);
    return run;
  }

  async #runNested<T>(parent: Frame, body: () => Promise<T>): Promise<T> {
    this.#requireWritable(parent);
    const frame: Frame = {
      owner: this,
      isRunningChild: false,
      children: Promise.resolve(),
    };
    const undoLength = this.engine.undo.length;
    const writesLength = this.#writes.length;
    const { documentsWritten, bytesWritten } = this.counts;
    parent.isRunningChild = true;
    nestedRuns += 1;
    try {
      return await frames.run(frame, body);
    } catch (error) {
      undoTo(this.engine, undoLength);
      this.#writes.length = writesLength;
      Object.assign(this.counts, { documentsWritten, bytesWritten });
      this.engine.writeVersion += 1;
      throw error;
    } finally {
      parent.isRunningChild = false;
      nestedRuns -= 1;
      if (nestedRuns === 0) frames.disable();
    }
  }

  /** SQLite may have rolled back everything on its own error, so such an error fails the whole transaction. */
  #write<T>(body: () => T): T {
    this.#requireWritable(this.#frame());
    this.engine.writeVersion += 1;
    try {
      return body();
    } catch (error) {
      if (error instanceof Database.SqliteError) this.#failure = error;
      throw error;
    }
  }

  #frame(): Frame {
    const frame = frames.getStore();
    return frame?.owner === this ? frame : this.#root;
  }

  #requireWritable(frame: Frame): void {
    this.requireOpen();
    if (this.#failure) throw this.#failure;
    if (frame.isRunningChild) {
      throw new Error("The database was written while a nested mutation was running; await it first.");
    }
    if (this.#hasBegun) return;
    this.#begin();
    this.#hasBegun = true;
  }

  #find(operation: string, id: string, tableName: string | undefined, verb: string) {
    const table = this.locate(operation, id, tableName);
    const stored = table && this.readDocument(table, id);
    if (!table || !stored) throw new Error(`${verb} on nonexistent document ID ${id}`);
    return { table, stored };
  }

  #update(table: Table, stored: StoredDocument, versions: Versions): void {
    const { old, next } = versions;
    checkSystemFields(old, next);
    if (!table.documentType || !changesFit(table.documentType, versions, this.#validation)) {
      const { _id, _creationTime, ...fields } = next;
      this.#checkSchema(table, fields);
    }
    const { json, sizeBytes } = encodeDocument(next);
    if (json === stored.json) return;
    this.#countWrite(table, sizeBytes);
    const document = { doc: stored.doc, sizeBytes, json };
    const before = entriesOf(table, stored);
    const after = keepParsed(table, document, { document: next, old: stored });
    this.#put(String(next._id), document);
    for (const [position, entry] of after.entries())
      this.#moveEntry(before[position] ?? entry, entry, stored.doc);
    if (table.searchIndexes.length > 0) this.#moveSearchEntries(table, stored.doc, old, next);
  }

  /** `old` is null for an insert, `next` for a deletion. Who searched for a word that stays sees the changed document too. */
  #moveSearchEntries(table: Table, doc: number, old: ConvexObject | null, next: ConvexObject | null): void {
    const before = old === null ? [] : searchEntries(table.searchIndexes, old);
    const after = next === null ? [] : searchEntries(table.searchIndexes, next);
    const isIn = (entries: readonly IndexEntry[]) => {
      const names = new Set(entries.map(({ indexId, key }) => `${indexId} ${key.toString("latin1")}`));
      return ({ indexId, key }: IndexEntry) => names.has(`${indexId} ${key.toString("latin1")}`);
    };
    const stays = isIn(after);
    const wasThere = isIn(before);
    for (const entry of before) {
      if (stays(entry)) this.#writes.push(entry);
      else this.#deleteEntry(entry);
    }
    for (const entry of after) {
      if (!wasThere(entry)) this.#insertEntry(entry, doc);
    }
  }

  #insertEntry(entry: IndexEntry, doc: number): void {
    this.engine.pending.insertEntry(entry, doc);
    this.#writes.push(entry);
  }

  #deleteEntry(entry: IndexEntry): void {
    this.engine.pending.deleteEntry(entry);
    this.#writes.push(entry);
  }

  /** Readers of an index see changed documents also where the key stayed. */
  #moveEntry(before: IndexEntry, after: IndexEntry, doc: number): void {
    if (before === after || before.key.equals(after.key)) {
      this.#writes.push(before);
      return;
    }
    this.#deleteEntry(before);
    this.#insertEntry(after, doc);
  }

  #checkSchema(table: Table, fields: ConvexObject): void {
    if (!table.documentType) return;
    const message = validate(table.documentType, fields, this.#validation);
    if (message === null) return;
    throw new Error(
      `Failed to insert or update a document in table "${table.name}" because it does not match the schema: ${message}`,
    );
  }

  #countWrite(table: Table, sizeBytes: number): void {
    if (isSystemTable(table.name)) return;
    this.counts.documentsWritten += 1;
    this.counts.bytesWritten += sizeBytes;
    const { documentsWritten, bytesWritten } = this.limits;
    if (this.counts.documentsWritten > documentsWritten) {
      throw new Error(`Too many writes in a single function execution (limit: ${documentsWritten})`);
    }
    if (this.counts.bytesWritten > bytesWritten) {
      throw new Error(
        `Too many bytes written in a single function execution (limit: ${formatBytes(bytesWritten)})`,
      );
    }
  }

  #put(id: string, document: StoredDocument): void {
    this.engine.pending.putDocument(document);
    this.engine.documents.set(id, document);
  }

  #addToCount(table: Table, change: number): void {
    if (table.count !== null) table.count += change;
  }
}

function checkSystemFields(old: ConvexObject, next: ConvexObject): void {
  if (next._id !== old._id) {
    throw new Error(
      `The document has id ${String(old._id)}, but its '_id' field is ${JSON.stringify(next._id ?? null)}`,
    );
  }
  if (next._creationTime !== old._creationTime) {
    throw new Error(
      `The document has creation time ${String(old._creationTime)}, but its '_creationTime' field is ${JSON.stringify(next._creationTime ?? null)}`,
    );
  }
}

function isUndefined(value: ConvexJson | undefined): boolean {
  return (
    value !== undefined &&
    value !== null &&
    typeof value === "object" &&
    !Array.isArray(value) &&
    "$undefined" in value
  );
}

function noop(): void {}
