import { parseDocumentId } from "../values/documentId.ts";
import { encodeKey } from "../values/keyCodec.ts";
import { READ_LIMIT_HELP, TRANSACTION_LIMITS } from "../values/limits.ts";
import { isSystemTable, type Table } from "./catalog.ts";
import type { Engine } from "./engine.ts";
import { ALL_KEYS } from "./indexBounds.ts";
import { ReadLimitError, readQueryPage } from "./queryPage.ts";
import { openQueryStream, type QueryContext } from "./queryStream.ts";
import { RecordedReads } from "./readSet.ts";
import type {
  CommitTs,
  Page,
  PageRequest,
  QueryJson,
  ReadDocument,
  Reader,
  TransactionCounts,
} from "./types.ts";

const COUNT_NAMES = [
  "bytesRead",
  "bytesWritten",
  "databaseQueries",
  "documentsRead",
  "documentsWritten",
] as const satisfies (keyof TransactionCounts)[];

export class StoreReader implements Reader, QueryContext {
  readonly engine: Engine;
  readonly ts: CommitTs;
  readonly reads = new RecordedReads();
  readonly counts: TransactionCounts = {
    bytesRead: 0,
    bytesWritten: 0,
    databaseQueries: 0,
    documentsRead: 0,
    documentsWritten: 0,
  };
  /** What this transaction may read and write; smaller while a call with limits of its own runs. */
  limits: Readonly<TransactionCounts> = TRANSACTION_LIMITS;
  readonly #nestedLimits = new Set<Readonly<TransactionCounts>>();
  #isEnded = false;
  #nextQueryCheck = TRANSACTION_LIMITS.databaseQueries;

  constructor(engine: Engine, ts: CommitTs) {
    this.engine = engine;
    this.ts = ts;
  }

  get readSet(): RecordedReads {
    return this.reads;
  }

  /** After this every use throws. The counts and the read set stay readable. */
  end(): void {
    this.#isEnded = true;
  }

  get(id: string, table?: string): ReadDocument | null {
    this.requireOpen();
    const found = this.locate("db.get", id, table);
    return found && this.readDocument(found, id);
  }

  stream(query: QueryJson): () => ReadDocument | null {
    this.requireOpen();
    this.#countQuery();
    const next = openQueryStream(this, query);
    return () => {
      this.requireOpen();
      return next();
    };
  }

  page(request: PageRequest): Page {
    this.requireOpen();
    this.#countQuery();
    return readQueryPage(this, request);
  }

  count(tableName: string): number {
    this.requireOpen();
    this.#countQuery();
    const table = this.engine.catalog.resolve(tableName);
    this.reads.add({ indexId: table.byId.id, ...ALL_KEYS });
    table.count ??= this.engine.pending.countEntries(table.byId.id);
    return table.count;
  }

  normalizeId(table: string, idString: string): string | null {
    this.requireOpen();
    return this.engine.catalog.tableOfId(idString) === table ? idString : null;
  }

  getState(key: string): string | null {
    this.requireOpen();
    return this.engine.pending.state(key);
  }

  tableNames(): string[] {
    this.requireOpen();
    return this.engine.catalog
      .all()
      .filter((table) => table.isPersisted && !isSystemTable(table.name))
      .map((table) => table.name)
      .sort();
  }

  async limited<T>(allowed: Partial<TransactionCounts>, body: () => Promise<T>): Promise<T> {
    const end = { ...TRANSACTION_LIMITS };
    for (const name of COUNT_NAMES)
      end[name] = this.counts[name] + (allowed[name] ?? Number.POSITIVE_INFINITY);
    this.#nestedLimits.add(end);
    this.#combineLimits();
    try {
      return await body();
    } finally {
      this.#nestedLimits.delete(end);
      this.#combineLimits();
    }
  }

  /** Calls that run side by side share one count, so the smallest of their limits holds. */
  #combineLimits(): void {
    const limits = { ...TRANSACTION_LIMITS };
    for (const nested of this.#nestedLimits) {
      for (const name of COUNT_NAMES) limits[name] = Math.min(limits[name], nested[name]);
    }
    this.limits = limits;
  }

  countDocument(index: { table: string }, sizeBytes: number): void {
    if (isSystemTable(index.table)) return;
    this.counts.documentsRead += 1;
    this.counts.bytesRead += sizeBytes;
    if (this.counts.documentsRead > this.limits.documentsRead) {
      throw new ReadLimitError(
        `Too many documents read in a single function execution (limit: ${this.limits.documentsRead}). ${READ_LIMIT_HELP}`,
      );
    }
    if (this.counts.bytesRead > this.limits.bytesRead) {
      throw new ReadLimitError(
        `Too many bytes read in a single function execution (limit: ${this.limits.bytesRead} bytes). ${READ_LIMIT_HELP}`,
      );
    }
  }

  protected requireOpen(): void {
    if (this.#isEnded) {
      throw new Error("The database was used after its transaction had ended; await every database call.");
    }
  }

  /** The table of an id, null when there is none. `operation` names the user's call in errors. */
  protected locate(operation: string, id: string, tableName: string | undefined): Table | null {
    const parsed = parseDocumentId(id);
    if (parsed.message !== undefined) {
      throw new Error(`Invalid argument \`id\` for \`${operation}\`: ${parsed.message}`);
    }
    const table = this.engine.catalog.byNumber(parsed.tableNumber);
    if (!table?.isPersisted) return null;
    if (tableName !== undefined && tableName !== table.name) {
      throw new Error(
        `Invalid argument \`id\` for \`${operation}\`: expected to be an Id<"${tableName}">, got Id<"${table.name}"> instead.`,
      );
    }
    return table;
  }

  protected readDocument(table: Table, id: string) {
    this.#countQuery();
    this.reads.addDocument(table.byId.id, id);
    const cached = this.engine.documents.get(id);
    const stored = cached ?? this.engine.pending.documentByKey(table.byId.id, encodeKey([id]));
    if (stored && !cached) this.engine.documents.set(id, stored);
    if (stored) this.countDocument(table.byId, stored.sizeBytes);
    return stored;
  }

  /** The limit is on distinct ranges; these are only worked out when there may be too many. */
  #countQuery(): void {
    this.counts.databaseQueries += 1;
    if (this.#nestedLimits.size > 0 && this.counts.databaseQueries > this.limits.databaseQueries) {
      throw new ReadLimitError(
        `Too many reads in a single function execution (limit: ${this.limits.databaseQueries}). ${READ_LIMIT_HELP}`,
      );
    }
    const limit = TRANSACTION_LIMITS.databaseQueries;
    if (this.counts.databaseQueries <= this.#nextQueryCheck) return;
    const distinct = this.reads.countDistinct();
    if (distinct > limit) {
      throw new ReadLimitError(
        `Too many reads in a single function execution (limit: ${limit}). ${READ_LIMIT_HELP}`,
      );
    }
    this.#nextQueryCheck = this.counts.databaseQueries + (limit - distinct);
  }
}
