/** Tables and indexes, in memory. Names that were only read have a reserved number and no row yet. */

import type { SearchIndex } from "../search/searchIndex.ts";
import { parseDocumentId } from "../values/documentId.ts";
import { fieldAt } from "../values/filterExpression.ts";
import { encodeKey } from "../values/keyCodec.ts";
import { identifierProblem } from "../values/limits.ts";
import type { DeclaredIndexRow, Statements, TableRow } from "./statements.ts";
import type { ConvexObject, SearchIndexDefinition, ValidatorJson } from "./types.ts";

export const SCHEDULED_FUNCTIONS_TABLE = "_scheduled_functions";
export const STORAGE_TABLE = "_storage";

export interface Index {
  id: number;
  table: string;
  /** Without the table: `by_x`. */
  name: string;
  /** As declared, without the `_creationTime` and `_id` that end every key. */
  declaredFields: readonly string[];
  /** All fields of the key. */
  fields: readonly string[];
  paths: readonly (readonly string[])[];
}

export interface Table {
  number: number;
  name: string;
  isPersisted: boolean;
  byId: Index;
  byCreationTime: Index;
  /** Every index, built-in ones first. Replaced, never changed in place, so that a rollback can put it back. */
  indexes: readonly Index[];
  searchIndexes: readonly SearchIndex[];
  /** Validator in force, or null when documents are not checked. */
  documentType: ValidatorJson | null;
  /** Number of documents; null until it was counted. */
  count: number | null;
}

const SYSTEM_TABLES = [
  {
    number: 20,
    name: SCHEDULED_FUNCTIONS_TABLE,
    indexes: [{ name: "by_state_and_time", fields: ["state.kind", "scheduledTime"] }],
  },
  { number: 21, name: STORAGE_TABLE, indexes: [] },
];
const FIRST_USER_TABLE_NUMBER = 10_001;
const BUILT_IN_INDEXES = new Set(["by_id", "by_creation_time"]);

export class Catalog {
  readonly #statements: Statements;
  readonly #byName = new Map<string, Table>();
  readonly #byNumber = new Map<number, Table>();
  #nextTableNumber = FIRST_USER_TABLE_NUMBER;
  #nextIndexId = 1;

  /** Reads what is stored and creates the system tables; needs an open SQLite transaction on a new file. */
  constructor(statements: Statements) {
    this.#statements = statements;
    for (const row of statements.tables()) {
      this.#add(row.number, row.name, {
        byId: row.byId,
        byCreationTime: row.byCreationTime,
      }).isPersisted = true;
    }
    for (const row of statements.indexes()) {
      const table = this.#byNumber.get(row.tableNumber);
      if (table) restoreIndex(table, row);
      this.#nextIndexId = Math.max(this.#nextIndexId, row.id + 1);
    }
    for (const { number, name, indexes } of SYSTEM_TABLES) {
      if (this.#byName.has(name)) continue;
      const table = this.#add(number, name, this.#newBuiltInIds());
      this.persist(table);
      for (const index of indexes) this.addIndex(table, index.name, index.fields);
    }
  }

  find(name: string): Table | undefined {
    return this.#byName.get(name);
  }

  byNumber(number: number): Table | undefined {
    return this.#byNumber.get(number);
  }

  all(): Table[] {
    return [...this.#byName.values()];
  }

  /** Name of the existing table that the id belongs to. */
  tableOfId(id: string): string | null {
    const parsed = parseDocumentId(id);
    if (parsed.message !== undefined) return null;
    const table = this.#byNumber.get(parsed.tableNumber);
    return table?.isPersisted ? table.name : null;
  }

  /** The table, with a reserved number when nothing was ever written to it, so that reads of it can be recorded. */
  resolve(name: string): Table {
    const table = this.#byName.get(name);
    if (table) return table;
    const problem = identifierProblem(name) ?? (name.startsWith("_") ? "it is not a system table" : null);
    if (problem) throw new Error(`Invalid table name ${JSON.stringify(name)}: ${problem}`);
    const number = this.#nextTableNumber;
    return this.#add(number, name, this.#newBuiltInIds());
  }

  /** `indexName` is `table.index`. */
  resolveIndex(indexName: string): Index {
    const dot = indexName.indexOf(".");
    const table = this.resolve(indexName.slice(0, dot));
    const index = table.indexes.find((each) => each.name === indexName.slice(dot + 1));
    if (!index) throw new Error(`Index ${indexName} not found.`);
    return index;
  }

  resolveSearchIndex(indexName: string): SearchIndex {
    const dot = indexName.indexOf(".");
    const table = this.resolve(indexName.slice(0, dot));
    const index = table.searchIndexes.find((each) => each.name === indexName.slice(dot + 1));
    if (!index) throw new Error(`Search index ${indexName} not found.`);
    return index;
  }

  /** Stores the table's row. The caller sets `isPersisted` back when the transaction is rolled back. */
  persist(table: Table): void {
    this.#statements.insertTable(tableRow(table));
    table.isPersisted = true;
  }

  unusedNumber(): number {
    return this.#nextTableNumber;
  }

  /** Ids made from now on hold the new number. */
  renumber(table: Table, number: number): void {
    if (this.#byNumber.has(number)) throw new Error(`Table number ${number} is taken.`);
    this.#byNumber.delete(table.number);
    this.#byNumber.set(number, table);
    table.number = number;
    this.#nextTableNumber = Math.max(this.#nextTableNumber, number + 1);
  }

  /** Takes back in memory what a rolled back transaction had renumbered. */
  restoreNumbers(numbers: readonly { table: Table; number: number }[]): void {
    for (const { table } of numbers) this.#byNumber.delete(table.number);
    for (const { table, number } of numbers) {
      table.number = number;
      this.#byNumber.set(number, table);
    }
  }

  addIndex(table: Table, name: string, fields: string[]): Index {
    if (BUILT_IN_INDEXES.has(name)) {
      throw new Error(
        `In table "${table.name}" cannot name an index "${name}" because the name is reserved.`,
      );
    }
    const id = this.#nextIndexId;
    this.#nextIndexId += 1;
    this.#statements.insertIndex({ id, tableNumber: table.number, name, fields });
    const index = defineIndex(id, table.name, name, fields);
    table.indexes = [...table.indexes, index];
    return index;
  }

  addSearchIndex(table: Table, definition: SearchIndexDefinition): SearchIndex {
    const { indexDescriptor: name, searchField, filterFields } = definition;
    const id = this.#nextIndexId;
    this.#nextIndexId += 1;
    this.#statements.insertIndex({
      id,
      tableNumber: table.number,
      name,
      fields: { searchField, filterFields },
    });
    const index = { id, table: table.name, name, searchField, filterFields };
    table.searchIndexes = [...table.searchIndexes, index];
    return index;
  }

  removeIndex(table: Table, index: Index | SearchIndex): void {
    this.#statements.deleteIndex(index.id);
    table.indexes = table.indexes.filter((each) => each !== index);
    table.searchIndexes = table.searchIndexes.filter((each) => each !== index);
  }

  #newBuiltInIds(): { byId: number; byCreationTime: number } {
    const first = this.#nextIndexId;
    this.#nextIndexId += 2;
    return { byId: first, byCreationTime: first + 1 };
  }

  #add(number: number, name: string, ids: { byId: number; byCreationTime: number }): Table {
    const byId = defineIndex(ids.byId, name, "by_id", []);
    const byCreationTime = defineIndex(ids.byCreationTime, name, "by_creation_time", []);
    const table: Table = {
      number,
      name,
      isPersisted: false,
      byId,
      byCreationTime,
      indexes: [byId, byCreationTime],
      searchIndexes: [],
      documentType: null,
      count: null,
    };
    this.#byName.set(name, table);
    this.#byNumber.set(number, table);
    this.#nextIndexId = Math.max(this.#nextIndexId, ids.byCreationTime + 1);
    this.#nextTableNumber = Math.max(this.#nextTableNumber, number + 1);
    return table;
  }
}

/** What is stored of a table besides its indexes. */
export function tableRow({ number, name, byId, byCreationTime }: Table): TableRow {
  return { number, name, byId: byId.id, byCreationTime: byCreationTime.id };
}

/** Indexes that a schema declared, without the built-in ones. */
export function declaredIndexes(table: Table): Index[] {
  if (isSystemTable(table.name)) return [];
  return table.indexes.filter((index) => !BUILT_IN_INDEXES.has(index.name));
}

export function isSystemTable(name: string): boolean {
  return name.startsWith("_");
}

/** The index key of a document. */
export function indexKey(index: Index, document: ConvexObject): Buffer {
  return encodeKey(index.paths.map((path) => fieldAt(document, path)));
}

function restoreIndex(table: Table, { id, name, fields }: DeclaredIndexRow): void {
  if (Array.isArray(fields)) table.indexes = [...table.indexes, defineIndex(id, table.name, name, fields)];
  else table.searchIndexes = [...table.searchIndexes, { id, table: table.name, name, ...fields }];
}

function defineIndex(id: number, table: string, name: string, declaredFields: string[]): Index {
  const fields = name === "by_id" ? ["_id"] : [...declaredFields, "_creationTime", "_id"];
  return { id, table, name, declaredFields, fields, paths: fields.map((field) => field.split(".")) };
}
