import type Database from "libsql";
import type { Catalog } from "./catalog.ts";
import type { Clock } from "./clock.ts";
import type { DocumentCache } from "./documentCache.ts";
import type { Statements } from "./statements.ts";
import type { SchemaDefinition } from "./types.ts";

/** What readers and writers share. */
export interface Engine {
  readonly db: Database.Database;
  readonly statements: Statements;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly documents: DocumentCache;
  schema: SchemaDefinition | null;
  /** Grows with every change of documents, so that a running query drops the rows it fetched ahead. */
  writeVersion: number;
  /** Row number of the next document. Numbers of rolled back documents are not used again. */
  nextDoc: number;
  /** Takes back changes in memory when the SQLite transaction they belong to is rolled back, last one first. */
  undo: (() => void)[];
  nextSessionPruneAt: number;
}

/** Takes back every change in memory since `undo` had this length. Counts are simply taken again when needed. */
export function undoTo(engine: Engine, length: number): void {
  engine.documents.clear();
  while (engine.undo.length > length) engine.undo.pop()?.();
  for (const table of engine.catalog.all()) table.count = null;
}
