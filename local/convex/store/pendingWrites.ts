import { compareKeys } from "../values/keyCodec.ts";
import { IndexOverlay, type OverlayEntry } from "./indexOverlay.ts";
import type {
  IndexEntry,
  IndexRow,
  ScanOrder,
  SessionResult,
  Statements,
  StoredDocument,
} from "./statements.ts";

/**
 * What transactions have written since the last commit to SQLite, and the way to read through it. A group of mutations
 * reaches SQLite in one go, each document and key once however often it changed, so that a mutation needs no SQL of its own
 * to write and none to roll back. Every change pushes to `undo` what takes it back.
 */
export class PendingWrites {
  readonly #statements: Statements;
  readonly #undo: (() => void)[];
  readonly #documents = new Map<number, StoredDocument | null>();
  readonly #indexes = new Map<number, IndexOverlay>();
  readonly #state = new Map<string, string | null>();
  readonly #sessionResults = new Map<string, SessionResult>();
  readonly #deferred: (() => void)[] = [];

  constructor(statements: Statements, undo: (() => void)[]) {
    this.#statements = statements;
    this.#undo = undo;
  }

  putDocument(document: StoredDocument): void {
    this.#put(this.#documents, document.doc, document);
  }

  deleteDocument(doc: number): void {
    this.#put(this.#documents, doc, null);
  }

  insertEntry({ indexId, key }: IndexEntry, doc: number): void {
    this.#undo.push(this.#overlay(indexId).set(key, doc));
  }

  deleteEntry({ indexId, key }: IndexEntry): void {
    this.#undo.push(this.#overlay(indexId).set(key, null));
  }

  /** SQL that no read needs before, for instance the rows of tables; it runs first, in order. */
  defer(run: () => void): void {
    this.#deferred.push(run);
    this.#undo.push(() => void this.#deferred.pop());
  }

  setState(key: string, value: string | null): void {
    this.#put(this.#state, key, value);
  }

  recordSessionResult(result: SessionResult): void {
    this.#put(this.#sessionResults, sessionKey(result.sessionId, result.requestId), result);
  }

  documentByKey(indexId: number, key: Buffer): StoredDocument | null {
    const doc = this.#indexes.get(indexId)?.find(key)?.doc;
    if (doc !== undefined) return doc === null ? null : this.#document(doc);
    return this.#current(this.#statements.documentByKey(indexId, key));
  }

  /** At most `limit` rows with lower <= key < upper. */
  scan(order: ScanOrder, indexId: number, lower: Buffer, upper: Buffer, limit: number): readonly IndexRow[] {
    const changed =
      this.#indexes
        .get(indexId)
        ?.range(lower, upper)
        .filter(({ doc }) => doc !== undefined) ?? [];
    if (changed.length === 0) {
      const rows = this.#statements.scan(order, indexId, lower, upper, limit);
      return this.#documents.size === 0 ? rows : rows.map((row) => this.#currentRow(row));
    }
    const removed = changed.reduce((count, { doc }) => (doc === null ? count + 1 : count), 0);
    const stored = this.#statements.scan(order, indexId, lower, upper, limit + removed);
    return this.#merge(stored, order === "asc" ? changed : changed.toReversed(), { order, limit });
  }

  countEntries(indexId: number): number {
    return this.#statements.countEntries(indexId) + (this.#indexes.get(indexId)?.delta ?? 0);
  }

  state(key: string): string | null {
    const value = this.#state.get(key);
    return value === undefined ? this.#statements.state(key) : value;
  }

  sessionResult(sessionId: string, requestId: number): string | null {
    const pending = this.#sessionResults.get(sessionKey(sessionId, requestId));
    return pending ? pending.response : this.#statements.sessionResult(sessionId, requestId);
  }

  /** Hands everything to SQLite, which must be in a transaction, and forgets it. */
  flush(): void {
    const statements = this.#statements;
    for (const run of this.#deferred) run();
    const documents: StoredDocument[] = [];
    for (const [doc, document] of this.#documents) {
      if (document === null) statements.deleteDocument(doc);
      else documents.push(document);
    }
    statements.putDocuments(documents);
    const entries: (IndexEntry & { doc: number })[] = [];
    for (const [indexId, overlay] of this.#indexes) {
      for (const { key, doc } of overlay.entries()) {
        if (doc === null) statements.deleteEntry(indexId, key);
        else if (doc !== undefined) entries.push({ indexId, key, doc });
      }
    }
    statements.putEntries(entries);
    for (const [key, value] of this.#state) statements.setState(key, value);
    for (const result of this.#sessionResults.values()) statements.recordSessionResult(result);
    this.clear();
  }

  clear(): void {
    this.#documents.clear();
    this.#indexes.clear();
    this.#state.clear();
    this.#sessionResults.clear();
    this.#deferred.length = 0;
  }

  /** Two rows with one key are one row: the newer one. */
  #merge(
    stored: readonly IndexRow[],
    changed: readonly OverlayEntry[],
    { order, limit }: { order: ScanOrder; limit: number },
  ): IndexRow[] {
    const rows: IndexRow[] = [];
    let next = 0;
    for (const entry of changed) {
      for (let row = stored[next]; row; row = stored[++next]) {
        const comparison = compareKeys(row.key, entry.key);
        if (comparison === 0) next += 1;
        if (comparison === 0 || comparison > 0 === (order === "asc")) break;
        rows.push(this.#currentRow(row));
      }
      if (rows.length >= limit) break;
      if (typeof entry.doc === "number") rows.push({ key: entry.key, ...this.#document(entry.doc) });
    }
    for (let row = stored[next]; row && rows.length < limit; row = stored[++next])
      rows.push(this.#currentRow(row));
    return rows.length > limit ? rows.slice(0, limit) : rows;
  }

  /** A row that SQLite gave, with the document as it is by now. */
  #currentRow(row: IndexRow): IndexRow {
    const document = this.#documents.get(row.doc);
    return document ? { key: row.key, ...document } : row;
  }

  #current(stored: StoredDocument | null): StoredDocument | null {
    return (stored && this.#documents.get(stored.doc)) ?? stored;
  }

  #document(doc: number): StoredDocument {
    const document = this.#documents.get(doc);
    if (!document) throw new Error(`The index entry of document ${doc} has no document.`);
    return document;
  }

  #overlay(indexId: number): IndexOverlay {
    let overlay = this.#indexes.get(indexId);
    if (!overlay) {
      overlay = new IndexOverlay();
      this.#indexes.set(indexId, overlay);
    }
    return overlay;
  }

  #put<Key, Value extends object | string | null>(map: Map<Key, Value>, key: Key, value: Value): void {
    const before = map.get(key);
    map.set(key, value);
    this.#undo.push(() => {
      if (before === undefined) map.delete(key);
      else map.set(key, before);
    });
  }
}

function sessionKey(sessionId: string, requestId: number): string {
  return `${sessionId} ${requestId}`;
}
