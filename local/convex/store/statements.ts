import type Database from "libsql";
import { ScanCache } from "./scanCache.ts";
import type { ReadDocument } from "./types.ts";

/** Bumped when the tables below change in a way that an older file cannot be read. */
export const FORMAT_VERSION = "1";

/**
 * Documents are JSON text. `index_entries` holds every index of every table, built-in ones included; `key` is
 * memcmp-ordered, so that one range scan answers one query. `documents.doc` is private to this file.
 */
export const SQL_SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tables (
  number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, by_id INTEGER NOT NULL, by_creation_time INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS indexes (
  id INTEGER PRIMARY KEY, table_number INTEGER NOT NULL, name TEXT NOT NULL, fields TEXT NOT NULL,
  UNIQUE (table_number, name)
);
CREATE TABLE IF NOT EXISTS documents (doc INTEGER PRIMARY KEY, size_bytes INTEGER NOT NULL, json TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS index_entries (
  index_id INTEGER NOT NULL, key BLOB NOT NULL, doc INTEGER NOT NULL, PRIMARY KEY (index_id, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS session_results (
  session_id TEXT NOT NULL, request_id INTEGER NOT NULL, response TEXT NOT NULL, recorded_at INTEGER NOT NULL,
  PRIMARY KEY (session_id, request_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS session_results_by_recorded_at ON session_results (recorded_at);
`;

export interface StoredDocument extends ReadDocument {
  doc: number;
  sizeBytes: number;
}
export interface IndexRow extends StoredDocument {
  key: Buffer;
}
export interface TableRow {
  number: number;
  name: string;
  byId: number;
  byCreationTime: number;
}
export interface DeclaredIndexRow {
  id: number;
  tableNumber: number;
  name: string;
  /** Of a search index: the field that is searched, and those that filter. */
  fields: string[] | { searchField: string; filterFields: string[] };
}
export interface IndexEntry {
  indexId: number;
  key: Buffer;
}
export interface SessionResult {
  sessionId: string;
  requestId: number;
  response: string;
  recordedAt: number;
}
export type ScanOrder = "asc" | "desc";
export type Statements = ReturnType<typeof prepareStatements>;

const SCAN = `SELECT e.key, e.doc, d.size_bytes, d.json FROM index_entries e CROSS JOIN documents d ON d.doc = e.doc
  WHERE e.index_id = ? AND e.key >= ? AND e.key < ? ORDER BY e.key`;

type RawDocument = [doc: number, sizeBytes: number, json: string];
type RawIndexRow = [key: Buffer, doc: number, sizeBytes: number, json: string];

/** Every statement of the store, prepared once, as typed functions. */
export function prepareStatements(db: Database.Database) {
  const pointRead = one<RawDocument>(
    db,
    "SELECT d.doc, d.size_bytes, d.json FROM index_entries e CROSS JOIN documents d ON d.doc = e.doc WHERE e.index_id = ? AND e.key = ?",
  );
  const scans = {
    asc: many<RawIndexRow>(db, `${SCAN} ASC LIMIT ?`),
    desc: many<RawIndexRow>(db, `${SCAN} DESC LIMIT ?`),
  };
  const firsts = {
    asc: one<RawIndexRow>(db, `${SCAN} ASC LIMIT 1`),
    desc: one<RawIndexRow>(db, `${SCAN} DESC LIMIT 1`),
  };
  const putDocuments = batched(db, "INSERT OR REPLACE INTO documents (doc, size_bytes, json) VALUES", 3);
  const putEntries = batched(db, "INSERT OR REPLACE INTO index_entries (index_id, key, doc) VALUES", 3);
  const deleteDocument = db.prepare("DELETE FROM documents WHERE doc = ?");
  const deleteEntry = db.prepare("DELETE FROM index_entries WHERE index_id = ? AND key = ?");
  const deleteIndexEntries = db.prepare("DELETE FROM index_entries WHERE index_id = ?");
  const countEntries = one<[number]>(db, "SELECT count(*) FROM index_entries WHERE index_id = ?");
  const lastDoc = one<[number | null]>(db, "SELECT max(doc) FROM documents");
  const scanCache = new ScanCache();

  return {
    documentByKey(indexId: number, key: Buffer): StoredDocument | null {
      const row = pointRead(indexId, key);
      return row ? { doc: row[0], sizeBytes: row[1], json: row[2] } : null;
    },
    /** At most `limit` rows with lower <= key < upper. */
    scan(
      order: ScanOrder,
      indexId: number,
      lower: Buffer,
      upper: Buffer,
      limit: number,
    ): readonly IndexRow[] {
      const scan = { order, indexId, lower, upper, limit };
      const cached = scanCache.find(scan);
      if (cached) return cached;
      const rows =
        limit === 1 ? [firsts[order](indexId, lower, upper)] : scans[order](indexId, lower, upper, limit);
      const result: IndexRow[] = [];
      for (const row of rows) {
        if (row) result.push({ key: row[0], doc: row[1], sizeBytes: row[2], json: row[3] });
      }
      scanCache.add(scan, result);
      return result;
    },
    /** Must be called when SQLite takes writes back. */
    forgetScans: (): void => scanCache.clear(),
    countEntries: (indexId: number): number => countEntries(indexId)?.[0] ?? 0,
    lastDoc: (): number => lastDoc()?.[0] ?? 0,
    putDocuments(documents: readonly StoredDocument[]): void {
      scanCache.documentsChanged(documents);
      putDocuments(documents.map(({ doc, sizeBytes, json }) => [doc, sizeBytes, json]));
    },
    deleteDocument(doc: number): void {
      deleteDocument.run(doc);
    },
    putEntries(entries: readonly (IndexEntry & { doc: number })[]): void {
      for (const { indexId, key } of entries) scanCache.keyChanged(indexId, key);
      putEntries(entries.map(({ indexId, key, doc }) => [indexId, key, doc]));
    },
    deleteEntry(indexId: number, key: Buffer): void {
      scanCache.keyChanged(indexId, key);
      deleteEntry.run(indexId, key);
    },
    deleteIndexEntries(indexId: number): void {
      scanCache.clear();
      deleteIndexEntries.run(indexId);
    },
    ...catalogStatements(db),
    ...stateStatements(db),
  };
}

const BATCH_ROWS_MAX = 32;

/** Writes rows with as few statements as there may be: the way into libsql costs more than a row. */
function batched(db: Database.Database, sql: string, columns: number): (rows: unknown[][]) => void {
  const bySize: Database.Statement[] = [];
  const row = `(${Array(columns).fill("?").join(", ")})`;
  return (rows) => {
    for (let start = 0; start < rows.length; start += BATCH_ROWS_MAX) {
      const batch = rows.slice(start, start + BATCH_ROWS_MAX);
      const statement =
        bySize[batch.length] ?? db.prepare(`${sql} ${Array(batch.length).fill(row).join(", ")}`);
      bySize[batch.length] = statement;
      const values: unknown[] = [];
      for (const row of batch) values.push(...row);
      statement.run(values);
    }
  };
}

function catalogStatements(db: Database.Database) {
  const tables = many<[number, string, number, number]>(
    db,
    "SELECT number, name, by_id, by_creation_time FROM tables ORDER BY number",
  );
  const indexes = many<[number, number, string, string]>(
    db,
    "SELECT id, table_number, name, fields FROM indexes ORDER BY id",
  );
  const insertTable = db.prepare(
    "INSERT INTO tables (number, name, by_id, by_creation_time) VALUES (?, ?, ?, ?)",
  );
  const renumberTable = db.prepare("UPDATE tables SET number = ? WHERE number = ?");
  const renumberIndexes = db.prepare("UPDATE indexes SET table_number = ? WHERE table_number = ?");
  const insertIndex = db.prepare("INSERT INTO indexes (id, table_number, name, fields) VALUES (?, ?, ?, ?)");
  const deleteIndex = db.prepare("DELETE FROM indexes WHERE id = ?");
  return {
    tables: (): TableRow[] =>
      tables().map(([number, name, byId, byCreationTime]) => ({ number, name, byId, byCreationTime })),
    indexes: (): DeclaredIndexRow[] =>
      indexes().map(([id, tableNumber, name, fields]) => ({
        id,
        tableNumber,
        name,
        fields: JSON.parse(fields) as DeclaredIndexRow["fields"],
      })),
    insertTable(row: TableRow): void {
      insertTable.run(row.number, row.name, row.byId, row.byCreationTime);
    },
    renumberTable(from: number, to: number): void {
      renumberTable.run(to, from);
      renumberIndexes.run(to, from);
    },
    insertIndex(row: DeclaredIndexRow): void {
      insertIndex.run(row.id, row.tableNumber, row.name, JSON.stringify(row.fields));
    },
    deleteIndex(id: number): void {
      deleteIndex.run(id);
    },
  };
}

function stateStatements(db: Database.Database) {
  const meta = one<[string]>(db, "SELECT value FROM meta WHERE key = ?");
  const setMeta = db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
  const state = one<[string]>(db, "SELECT value FROM state WHERE key = ?");
  const setState = db.prepare("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)");
  const deleteState = db.prepare("DELETE FROM state WHERE key = ?");
  const sessionResult = one<[string]>(
    db,
    "SELECT response FROM session_results WHERE session_id = ? AND request_id = ?",
  );
  const recordSessionResult = db.prepare("INSERT INTO session_results VALUES (?, ?, ?, ?)");
  const pruneSessionResults = db.prepare("DELETE FROM session_results WHERE recorded_at < ?");
  return {
    meta: (key: string): string | null => meta(key)?.[0] ?? null,
    setMeta(key: string, value: string): void {
      setMeta.run(key, value);
    },
    state: (key: string): string | null => state(key)?.[0] ?? null,
    setState(key: string, value: string | null): void {
      if (value === null) deleteState.run(key);
      else setState.run(key, value);
    },
    sessionResult: (sessionId: string, requestId: number): string | null =>
      sessionResult(sessionId, requestId)?.[0] ?? null,
    recordSessionResult({ sessionId, requestId, response, recordedAt }: SessionResult): void {
      recordSessionResult.run(sessionId, requestId, response, recordedAt);
    },
    pruneSessionResults(before: number): void {
      pruneSessionResults.run(before);
    },
  };
}

/**
 * The two places where rows get their types; the column lists stand beside the tuple types above. A statement must
 * be used with `get` or with `all`, never with both: after `all`, libsql's `get` answers with the old parameters.
 */
function one<Row extends unknown[]>(db: Database.Database, sql: string) {
  const statement = db.prepare(sql).raw();
  return (...parameters: unknown[]): Row | undefined => statement.get(parameters) as Row | undefined;
}

function many<Row extends unknown[]>(db: Database.Database, sql: string) {
  const statement = db.prepare(sql).raw();
  return (...parameters: unknown[]): Row[] => statement.all(parameters) as Row[];
}
