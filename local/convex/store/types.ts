/** What the store offers to the rest of the deployment. Everything here is free of sockets and of user code. */

import type { ParsedDocument } from "./parsedDocument.ts";

/** A Convex value in its JSON encoding (`$integer`, `$float`, `$bytes` objects for what JSON lacks). */
export type ConvexJson = null | boolean | number | string | ConvexJson[] | { [key: string]: ConvexJson };
export type ConvexObject = { [key: string]: ConvexJson };

/** A document that was read: its JSON text and, once somebody asked `parsedDocument`, what that says. */
export interface ReadDocument {
  readonly json: string;
  /** Kept in memory only. */
  parsed?: ParsedDocument;
}

/** Commit timestamp: nanoseconds since the epoch, strictly increasing per commit, also across restarts. */
export type CommitTs = bigint;

/** One contiguous run of keys in one index; `lower` inclusive, `upper` exclusive, null = unbounded. */
export interface IndexRange {
  indexId: number;
  lower: Uint8Array | null;
  upper: Uint8Array | null;
}

/** The index keys that a commit added or removed. */
export interface IndexWrite {
  indexId: number;
  key: Uint8Array;
}

/** Everything that a transaction read, as index ranges (a `get` is a one-key range of `by_id`). */
export interface ReadSet {
  readonly ranges: readonly IndexRange[];
  /** True when one of the writes falls into one of the ranges. */
  intersects(writes: readonly IndexWrite[]): boolean;
}

/** The JSON that `convex/server` sends with `1.0/queryStream` and `1.0/queryPage`. */
export interface QueryJson {
  source:
    | { type: "FullTableScan"; tableName: string; order: "asc" | "desc" | null }
    | { type: "IndexRange"; indexName: string; range: RangeExpression[]; order: "asc" | "desc" | null }
    | SearchSource;
  operators: ({ filter: ConvexJson } | { limit: number })[];
}
export interface SearchSource {
  type: "Search";
  indexName: string;
  filters: { type: "Search" | "Eq"; fieldPath: string; value: ConvexJson }[];
}
export interface RangeExpression {
  type: "Eq" | "Gt" | "Gte" | "Lt" | "Lte";
  fieldPath: string;
  value: ConvexJson;
}

export interface PageRequest {
  query: QueryJson;
  cursor: string | null;
  /** From a journal or `endCursor`: read exactly up to it, whatever `pageSize` says. */
  endCursor: string | null;
  pageSize: number;
  maximumRowsRead?: number | null;
  maximumBytesRead?: number | null;
}
export interface Page {
  page: ReadDocument[];
  isDone: boolean;
  continueCursor: string;
  splitCursor: string | null;
  pageStatus: "SplitRecommended" | "SplitRequired" | null;
}

export interface TransactionCounts {
  bytesRead: number;
  bytesWritten: number;
  databaseQueries: number;
  documentsRead: number;
  documentsWritten: number;
}

export interface Reader {
  /** Timestamp of the snapshot that is read. */
  readonly ts: CommitTs;
  readonly readSet: ReadSet;
  readonly counts: TransactionCounts;
  readonly limits: Readonly<TransactionCounts>;
  /** The document, or null. `table`, when given, must be the id's table, else an Error with Convex's text. */
  get(id: string, table?: string): ReadDocument | null;
  /** Starts a query; call the result for the next document, or null at the end. */
  stream(query: QueryJson): () => ReadDocument | null;
  page(request: PageRequest): Page;
  count(table: string): number;
  /** The canonical id when `idString` is an id of `table`, else null. */
  normalizeId(table: string, idString: string): string | null;
  /** Runs `body` with what it may read and write limited further. */
  limited<T>(allowed: Partial<TransactionCounts>, body: () => Promise<T>): Promise<T>;
  /** Deployment-wide JSON state outside of any table (active push, crons, …). Not part of the read set. */
  getState(key: string): string | null;
  /** Names of all user tables that exist (declared or written to), sorted. */
  tableNames(): string[];
}

export interface Writer extends Reader {
  /** True when anything was written. */
  readonly hasBegun: boolean;
  /** Validates against the active schema, assigns `_id` and `_creationTime`. Returns the id. */
  insert(table: string, value: ConvexObject): string;
  /** `{"$undefined": null}` deletes a field. */
  patch(id: string, value: ConvexObject, table?: string): void;
  replace(id: string, value: ConvexObject, table?: string): void;
  /** Returns what was deleted. */
  delete(id: string, table?: string): ReadDocument;
  /** Inserts a document with the `_id` and `_creationTime` that it brings along; what it lacks is assigned. */
  restore(table: string, document: ConvexObject): void;
  setState(key: string, value: string | null): void;
  /** Remembers the response of a mutation for exactly-once replays; part of the same commit. */
  recordSessionResult(sessionId: string, requestId: number, response: string): void;
  /** Runs `body` as a sub-transaction: rolled back when it throws. */
  nested<T>(body: () => Promise<T>): Promise<T>;
}

export interface Commit<T> {
  result: T;
  ts: CommitTs;
}

export interface Store {
  /** Runs `body` on a snapshot that does not change under it. */
  read<T>(body: (reader: Reader) => Promise<T> | T): Promise<T>;
  /**
   * Runs `body` alone; commits when it resolves, rolls everything back when it throws. Resolves when the commit is
   * durable. Commits of one event-loop turn may share one SQLite transaction (group commit).
   */
  transact<T>(body: (writer: Writer) => Promise<T> | T): Promise<Commit<T>>;
  /** Called after each durable commit, in commit order, with what it wrote. Returns an unsubscribe function. */
  onCommit(listener: (commit: { ts: CommitTs; writes: readonly IndexWrite[] }) => void): () => void;
  readonly latestTs: CommitTs;
  sessionResult(sessionId: string, requestId: number): string | null;
  getState(key: string): string | null;
  /** Name of the existing table that an id belongs to, null when the text is no id of one. For `validate`. */
  tableOfId(id: string): string | null;
  /** The schema in force; null when none was pushed. */
  readonly schema: SchemaDefinition | null;
  /** What `schema` would change against the one in force. */
  diffIndexes(schema: SchemaDefinition | null): IndexDiff;
  /** Checks every existing document of each declared table; null when all match. */
  findViolation(schema: SchemaDefinition): { table: string; message: string } | null;
  /** Inside a transaction: makes `schema` the one in force, backfills new indexes, drops removed ones. */
  applySchema(writer: Writer, schema: SchemaDefinition | null): void;
  /** The number in the ids of a table; null when the table does not exist. */
  tableNumber(name: string): number | null;
  /** Inside a transaction: gives tables the numbers that imported ids hold. Throws when documents stand in the way. */
  assignTableNumbers(writer: Writer, numbers: ReadonlyMap<string, number>): void;
  /** For tests: the file may grow by so many bytes, and then counts as a full disk. Null: as far as the disk goes. */
  limitGrowth(bytes: number | null): void;
  close(): Promise<void>;
}

export interface IndexDefinition {
  indexDescriptor: string;
  fields: string[];
}
export interface SearchIndexDefinition {
  indexDescriptor: string;
  searchField: string;
  filterFields: string[];
}
export interface TableDefinition {
  tableName: string;
  indexes: IndexDefinition[];
  stagedDbIndexes?: IndexDefinition[];
  searchIndexes: SearchIndexDefinition[];
  vectorIndexes: {
    indexDescriptor: string;
    vectorField: string;
    dimensions: number;
    filterFields: string[];
  }[];
  /** Validator JSON, or null for an untyped table. */
  documentType: ValidatorJson | null;
}
/** What `schema.ts` exports (`export()` of `defineSchema`), parsed. */
export interface SchemaDefinition {
  tables: TableDefinition[];
  schemaValidation: boolean;
}
export interface IndexDiff {
  added: IndexChange[];
  removed: IndexChange[];
}
export type IndexChange =
  | { name: string; type: "database"; fields: string[] }
  | { name: string; type: "search"; searchField: string; filterFields: string[] };

export type ValidatorJson =
  | { type: "null" | "number" | "bigint" | "boolean" | "string" | "bytes" | "any" | "commitTs" }
  | { type: "literal"; value: ConvexJson }
  | { type: "id"; tableName: string }
  | { type: "array"; value: ValidatorJson }
  | { type: "record"; keys: ValidatorJson; values: { fieldType: ValidatorJson; optional: boolean } }
  | { type: "union"; value: ValidatorJson[] }
  | { type: "object"; value: Record<string, { fieldType: ValidatorJson; optional: boolean }> };
