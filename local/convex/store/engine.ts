import type Database from "libsql";
import type { Catalog } from "./catalog.ts";
import type { Clock } from "./clock.ts";
import type { DocumentCache } from "./documentCache.ts";
import type { PendingWrites } from "./pendingWrites.ts";
import type { Statements } from "./statements.ts";
import type { SchemaDefinition } from "./types.ts";

/** What readers and writers share. */
export interface Engine {
  readonly db: Database.Database;
  readonly statements: Statements;
  /** What was written and is not in SQLite yet: the way to read and write documents, indexes and state. */
  readonly pending: PendingWrites;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly documents: DocumentCache;
  schema: SchemaDefinition | null;
  /** Grows with every change of documents, so that a running query drops the rows it fetched ahead. */
  writeVersion: number;
  /** Row number of the next document. Numbers of rolled back documents are not used again. */
  nextDoc: number;
  /** Takes back what was changed since the last commit to SQLite, last change first. */
  readonly undo: (() => void)[];
  nextSessionPruneAt: number;
  /** A SQLite transaction is open that holds part of the group. */
  isInSqlite: boolean;
}

/** Opens the SQLite transaction of the group, if it is not open. */
export function beginSqlite(engine: Engine): void {
  if (engine.isInSqlite) return;
  engine.db.exec("BEGIN IMMEDIATE");
  engine.isInSqlite = true;
}

/**
 * For what must be done by SQL at once: SQLite gets what the transactions before have written, and a savepoint. The
 * transaction that asks must not have written anything yet.
 */
export function enterSqlite(engine: Engine): void {
  beginSqlite(engine);
  engine.pending.flush();
  engine.db.exec("SAVEPOINT direct");
  engine.undo.push(() => {
    engine.statements.forgetScans();
    if (engine.db.inTransaction) engine.db.exec("ROLLBACK TO direct");
  });
}

/** Takes back every change since `undo` had this length. Counts are simply taken again when needed. */
export function undoTo(engine: Engine, length: number): void {
  engine.documents.clear();
  while (engine.undo.length > length) engine.undo.pop()?.();
  for (const table of engine.catalog.all()) table.count = null;
}
