import Database from "libsql";
import { Catalog } from "./catalog.ts";
import { Clock } from "./clock.ts";
import { DocumentCache } from "./documentCache.ts";
import type { Engine } from "./engine.ts";
import { GroupCommit } from "./groupCommit.ts";
import { PendingWrites } from "./pendingWrites.ts";
import { diffIndexes, findViolation, restoreSchema } from "./schemaChange.ts";
import { pruneSessionResults } from "./sessionResults.ts";
import { FORMAT_VERSION, prepareStatements, SQL_SCHEMA } from "./statements.ts";
import { StoreReader } from "./storeReader.ts";
import { StoreWriter } from "./storeWriter.ts";
import type { Commit, Reader, Store, Writer } from "./types.ts";

const DOCUMENT_CACHE_BYTES = 1024 * 1024;

/** One connection that owns the file: catalog and clock live in memory, so a second writer would corrupt them. */
const PRAGMAS = `
PRAGMA journal_mode = WAL;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA synchronous = FULL;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -32000;
PRAGMA wal_autocheckpoint = 8000;
`;

/**
 * libsql keeps a connection until its statements are collected, and with it the lock unless that is given up,
 * which SQLite does only after it has left WAL.
 */
const RELEASE_LOCK = `
PRAGMA journal_mode = DELETE;
PRAGMA locking_mode = NORMAL;
SELECT count(*) FROM meta;
`;

/**
 * Opens the database file, or creates it. `now` gives epoch milliseconds.
 * Throws when another process has it open or when a newer version wrote it.
 */
export function openStore({ path, now = Date.now }: { path: string; now?: () => number }): Store {
  const db = new Database(path);
  const engine = openEngine(db, path, now);
  const group = new GroupCommit(engine);
  return {
    read: (body) => read(engine, group, body),
    transact: (body) => transact(engine, group, body),
    onCommit: (listener) => group.onCommit(listener),
    get latestTs() {
      return group.durableTs;
    },
    sessionResult: (sessionId, requestId) => engine.pending.sessionResult(sessionId, requestId),
    getState: (key) => engine.pending.state(key),
    tableOfId: (id) => engine.catalog.tableOfId(id),
    get schema() {
      return engine.schema;
    },
    diffIndexes: (schema) => diffIndexes(engine, schema),
    findViolation: (schema) => findViolation(engine, schema),
    applySchema: (writer, schema) => asStoreWriter(writer).applySchema(schema),
    tableNumber: (name) => engine.catalog.find(name)?.number ?? null,
    assignTableNumbers: (writer, numbers) => asStoreWriter(writer).assignTableNumbers(numbers),
    limitGrowth: (bytes) => limitGrowth(db, bytes),
    async close() {
      await group.close();
      db.exec(RELEASE_LOCK);
      db.close();
    },
  };
}

function asStoreWriter(writer: Writer): StoreWriter {
  if (writer instanceof StoreWriter) return writer;
  throw new Error("This needs the writer of a transaction.");
}

function openEngine(db: Database.Database, path: string, now: () => number): Engine {
  try {
    db.exec(PRAGMAS);
    db.exec("BEGIN IMMEDIATE");
    db.exec(SQL_SCHEMA);
    const statements = prepareStatements(db);
    checkFormat(statements.meta("format"));
    statements.setMeta("format", FORMAT_VERSION);
    const undo: (() => void)[] = [];
    const engine: Engine = {
      db,
      statements,
      pending: new PendingWrites(statements, undo),
      catalog: new Catalog(statements),
      clock: new Clock(now, statements.meta("clock")),
      documents: new DocumentCache(DOCUMENT_CACHE_BYTES),
      schema: null,
      writeVersion: 0,
      nextDoc: statements.lastDoc() + 1,
      undo,
      nextSessionPruneAt: 0,
      isInSqlite: false,
    };
    restoreSchema(engine);
    pruneSessionResults(engine);
    db.exec("COMMIT");
    return engine;
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK");
    db.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot open the database ${path}: ${reason}`, { cause: error });
  }
}

const PAGES_MAX = 0xfffffffe;

function limitGrowth(db: Database.Database, bytes: number | null): void {
  const pragma = (name: string) => Number(Reflect.get(Object(db.prepare(`PRAGMA ${name}`).get()), name));
  const pages = bytes === null ? PAGES_MAX : pragma("page_count") + Math.floor(bytes / pragma("page_size"));
  db.exec(`PRAGMA max_page_count = ${pages}`);
}

function checkFormat(found: string | null): void {
  if (found === null || found === FORMAT_VERSION) return;
  throw new Error(
    `it has format ${found}, this version reads ${FORMAT_VERSION}. Move the file away to start anew.`,
  );
}

async function read<T>(
  engine: Engine,
  group: GroupCommit,
  body: (reader: Reader) => Promise<T> | T,
): Promise<T> {
  return group.exclusive(async () => {
    const reader = new StoreReader(engine, group.completedTs);
    try {
      return await body(reader);
    } finally {
      reader.end();
    }
  });
}

async function transact<T>(
  engine: Engine,
  group: GroupCommit,
  body: (writer: Writer) => Promise<T> | T,
): Promise<Commit<T>> {
  return group.exclusive(async () => {
    const writer = new StoreWriter(engine, {
      ts: group.completedTs,
      commitTs: engine.clock.nextTs(),
      begin: () => group.begin(),
    });
    const undoLength = engine.undo.length;
    try {
      const result = await body(writer);
      writer.requireCommittable();
      writer.end();
      if (!writer.hasBegun) return { result, ts: writer.ts };
      group.complete({ ts: writer.commitTs, writes: writer.writes });
      return { result, ts: writer.commitTs };
    } catch (error) {
      writer.end();
      if (writer.hasBegun) group.rollback(undoLength, error);
      // What the caller threw may only repeat it.
      throw writer.failure ?? error;
    }
  });
}
