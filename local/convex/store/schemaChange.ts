import { type SearchIndex, searchEntries } from "../search/searchIndex.ts";
import { keySuccessor } from "../values/keyCodec.ts";
import { validate } from "../values/validate.ts";
import { declaredIndexes, type Index, indexKey, isSystemTable, type Table } from "./catalog.ts";
import type { Engine } from "./engine.ts";
import { ALL_KEYS } from "./indexBounds.ts";
import type { StoredDocument } from "./statements.ts";
import type {
  ConvexObject,
  IndexChange,
  IndexDefinition,
  IndexDiff,
  SchemaDefinition,
  SearchIndexDefinition,
  TableDefinition,
  ValidatorJson,
} from "./types.ts";

/** Key of the schema in force in `meta`. */
const SCHEMA_KEY = "schema";
const WALK_BATCH_ROWS = 100;

/** What `schema` would change against the indexes that exist. An index with other fields is removed and added. */
export function diffIndexes(engine: Engine, schema: SchemaDefinition | null): IndexDiff {
  const diff: IndexDiff = { added: [], removed: [] };
  for (const definition of schema?.tables ?? []) {
    const existing = declaredIndexes(engine.catalog.resolve(definition.tableName));
    for (const index of definition.indexes) {
      if (existing.some((each) => isSame(each, index))) continue;
      const name = `${definition.tableName}.${index.indexDescriptor}`;
      diff.added.push({ name, type: "database", fields: index.fields });
    }
    const { searchIndexes } = engine.catalog.resolve(definition.tableName);
    for (const index of definition.searchIndexes) {
      if (searchIndexes.some((each) => isSameSearch(each, index))) continue;
      diff.added.push(searchChange(definition.tableName, index));
    }
  }
  for (const table of engine.catalog.all()) {
    for (const index of removedIndexes(table, schema)) {
      diff.removed.push({
        name: `${table.name}.${index.name}`,
        type: "database",
        fields: [...index.declaredFields],
      });
    }
    for (const { name: indexDescriptor, searchField, filterFields } of removedSearchIndexes(table, schema)) {
      diff.removed.push(
        searchChange(table.name, { indexDescriptor, searchField, filterFields: [...filterFields] }),
      );
    }
  }
  return diff;
}

/** The first document of a declared table that does not match, in Convex's words. */
export function findViolation(
  engine: Engine,
  schema: SchemaDefinition,
): { table: string; message: string } | null {
  if (!schema.schemaValidation) return null;
  const tableOfId = (id: string) => engine.catalog.tableOfId(id);
  for (const { tableName, documentType } of schema.tables) {
    const table = engine.catalog.find(tableName);
    if (!table?.isPersisted || documentType === null || documentType.type === "any") continue;
    for (const stored of walkTable(engine, table)) {
      const { _id, _creationTime, ...fields } = JSON.parse(stored.json) as ConvexObject;
      const problem = validate(documentType, fields, { tableOfId });
      if (problem === null) continue;
      const message = `Document with ID "${String(_id)}" in table "${tableName}" does not match the schema: ${problem}`;
      return { table: tableName, message };
    }
  }
  return null;
}

/** Makes `schema` the one in force, by SQL at once: needs an open SQLite transaction. `engine.undo` takes back what it did in memory. */
export function applySchema(engine: Engine, schema: SchemaDefinition | null): void {
  rememberCatalog(engine);
  for (const table of engine.catalog.all()) {
    for (const index of [...removedIndexes(table, schema), ...removedSearchIndexes(table, schema)]) {
      engine.catalog.removeIndex(table, index);
      engine.statements.deleteIndexEntries(index.id);
    }
  }
  for (const definition of schema?.tables ?? []) {
    const table = engine.catalog.resolve(definition.tableName);
    if (!table.isPersisted) engine.catalog.persist(table);
    addIndexes(engine, table, definition);
  }
  engine.statements.setMeta(SCHEMA_KEY, JSON.stringify(schema));
  enforce(engine, schema);
}

/** On open: puts the stored schema in force. */
export function restoreSchema(engine: Engine): void {
  const stored = engine.statements.meta(SCHEMA_KEY);
  enforce(engine, stored === null ? null : (JSON.parse(stored) as SchemaDefinition | null));
}

function enforce(engine: Engine, schema: SchemaDefinition | null): void {
  engine.schema = schema;
  const documentTypes = new Map<string, ValidatorJson | null>();
  if (schema?.schemaValidation) {
    for (const { tableName, documentType } of schema.tables) documentTypes.set(tableName, documentType);
  }
  for (const table of engine.catalog.all()) table.documentType = documentTypes.get(table.name) ?? null;
}

function rememberCatalog(engine: Engine): void {
  const { schema } = engine;
  const tables = engine.catalog.all().map((table) => ({ table, before: { ...table } }));
  engine.undo.push(() => {
    engine.schema = schema;
    for (const table of engine.catalog.all()) {
      const remembered = tables.find((each) => each.table === table);
      if (remembered) Object.assign(table, remembered.before);
      else
        Object.assign(table, {
          isPersisted: false,
          documentType: null,
          indexes: table.indexes.slice(0, 2),
          searchIndexes: [],
        });
    }
  });
}

function addIndexes(engine: Engine, table: Table, definition: TableDefinition): void {
  const existing = declaredIndexes(table);
  const added: Index[] = [];
  for (const { indexDescriptor, fields } of definition.indexes) {
    if (existing.some((each) => each.name === indexDescriptor)) continue;
    added.push(engine.catalog.addIndex(table, indexDescriptor, fields));
  }
  const addedSearches = definition.searchIndexes
    .filter(({ indexDescriptor }) => !table.searchIndexes.some((each) => each.name === indexDescriptor))
    .map((each) => engine.catalog.addSearchIndex(table, each));
  if (added.length + addedSearches.length === 0) return;
  for (const stored of walkTable(engine, table)) {
    const document = JSON.parse(stored.json) as ConvexObject;
    const { doc } = stored;
    const entries = added.map((index) => ({ indexId: index.id, key: indexKey(index, document) }));
    entries.push(...searchEntries(addedSearches, document));
    engine.statements.putEntries(entries.map((entry) => ({ ...entry, doc })));
  }
}

function removedIndexes(table: Table, schema: SchemaDefinition | null): Index[] {
  if (isSystemTable(table.name)) return [];
  const definition = schema?.tables.find((each) => each.tableName === table.name);
  return declaredIndexes(table).filter((index) => !definition?.indexes.some((each) => isSame(index, each)));
}

function removedSearchIndexes(table: Table, schema: SchemaDefinition | null): SearchIndex[] {
  const definition = schema?.tables.find((each) => each.tableName === table.name);
  return table.searchIndexes.filter(
    (index) => !definition?.searchIndexes.some((each) => isSameSearch(index, each)),
  );
}

function isSameSearch(index: SearchIndex, definition: SearchIndexDefinition): boolean {
  return (
    index.name === definition.indexDescriptor &&
    index.searchField === definition.searchField &&
    [...index.filterFields].sort().join("\0") === [...definition.filterFields].sort().join("\0")
  );
}

function searchChange(table: string, definition: SearchIndexDefinition): IndexChange {
  const { indexDescriptor, searchField, filterFields } = definition;
  return { name: `${table}.${indexDescriptor}`, type: "search", searchField, filterFields };
}

function isSame(index: Index, definition: IndexDefinition): boolean {
  return (
    index.name === definition.indexDescriptor &&
    index.declaredFields.join("\0") === definition.fields.join("\0")
  );
}

/** All documents of a table, in small batches. */
function* walkTable(engine: Engine, table: Table): Generator<StoredDocument> {
  let { lower } = ALL_KEYS;
  for (;;) {
    const rows = engine.pending.scan("asc", table.byId.id, lower, ALL_KEYS.upper, WALK_BATCH_ROWS);
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < WALK_BATCH_ROWS) return;
    lower = keySuccessor(last.key);
  }
}
