import Database from "libsql";
import { prepareStatements, SQL_SCHEMA } from "../local/convex/store/statements.ts";
import { newDocumentId } from "../local/convex/values/documentId.ts";
import { encodeKey } from "../local/convex/values/keyCodec.ts";

const TABLE = 10_001;
const [BY_ID, BY_CREATION_TIME, BY_KEY] = [1, 2, 3];

/** libsql with the embedded deployment's statements and nothing around them: what the rest costs is the difference. */
export class RawStore {
  readonly #db: Database.Database;
  readonly #statements: ReturnType<typeof prepareStatements>;
  #doc = 0;

  constructor(path: string) {
    this.#db = new Database(path);
    this.#db.exec(
      "PRAGMA journal_mode = WAL; PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA cache_size = -32000",
    );
    this.#db.exec(SQL_SCHEMA);
    this.#statements = prepareStatements(this.#db);
  }

  /** One transaction. */
  insertAll(keys: readonly number[], body: string): void {
    const documents = keys.map((key) => this.#newDocument(key, body));
    this.#db.exec("BEGIN IMMEDIATE");
    this.#statements.putDocuments(documents);
    this.#statements.putEntries(
      documents.flatMap(({ doc, entries }) => entries.map((entry) => ({ ...entry, doc }))),
    );
    this.#db.exec("COMMIT");
  }

  #newDocument(key: number, body: string) {
    const id = newDocumentId(TABLE);
    this.#doc += 1;
    const createdAt = this.#doc;
    const json = JSON.stringify({ _id: id, _creationTime: createdAt, key, body });
    const entries = [
      { indexId: BY_ID, key: encodeKey([id]) },
      { indexId: BY_CREATION_TIME, key: encodeKey([createdAt, id]) },
      { indexId: BY_KEY, key: encodeKey([key, createdAt, id]) },
    ];
    return { doc: this.#doc, sizeBytes: json.length, json, entries };
  }

  range(from: number, to: number): unknown[] {
    const rows = this.#statements.scan("asc", BY_KEY, encodeKey([from]), encodeKey([to]), 100);
    return rows.map((row) => JSON.parse(row.json));
  }

  close(): void {
    this.#db.close();
  }
}
