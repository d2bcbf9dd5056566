/** Stores in temporary folders, and short forms of queries, for the tests of this folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openStore } from "./openStore.ts";
import type {
  ConvexJson,
  ConvexObject,
  QueryJson,
  RangeExpression,
  Reader,
  SchemaDefinition,
  Store,
  ValidatorJson,
} from "./types.ts";

export function temporaryPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "convex-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "store.sqlite");
}

/** A store that is closed when the test ends. */
export function openTestStore(options: { path?: string; now?: () => number } = {}): Store {
  const store = openStore({ path: options.path ?? temporaryPath(), now: options.now });
  onTestFinished(() => store.close().catch(() => undefined));
  return store;
}

export function tableScan(tableName: string, operators: QueryJson["operators"] = []): QueryJson {
  return { source: { type: "FullTableScan", tableName, order: "asc" }, operators };
}

export function indexRange(
  indexName: string,
  range: RangeExpression[] = [],
  options: { order?: "asc" | "desc"; operators?: QueryJson["operators"] } = {},
): QueryJson {
  const { order = "asc", operators = [] } = options;
  return { source: { type: "IndexRange", indexName, range, order }, operators };
}

export function expression(
  type: RangeExpression["type"],
  fieldPath: string,
  value: ConvexJson,
): RangeExpression {
  return { type, fieldPath, value };
}

/** All results of a query, parsed. */
export function collect(reader: Reader, query: QueryJson): ConvexObject[] {
  const next = reader.stream(query);
  const documents: ConvexObject[] = [];
  for (let read = next(); read !== null; read = next()) {
    documents.push(JSON.parse(read.json) as ConvexObject);
  }
  return documents;
}

export function values(documents: readonly ConvexObject[], field: string): ConvexJson[] {
  return documents.map((document) => document[field] ?? null);
}

/** Tables with indexes `{ table: { index: fields } }` and no validators. */
export function schemaOf(
  tables: Record<string, Record<string, string[]>>,
  documentTypes: Record<string, ValidatorJson> = {},
): SchemaDefinition {
  return {
    schemaValidation: true,
    tables: Object.entries(tables).map(([tableName, indexes]) => ({
      tableName,
      indexes: Object.entries(indexes).map(([indexDescriptor, fields]) => ({ indexDescriptor, fields })),
      searchIndexes: [],
      vectorIndexes: [],
      documentType: documentTypes[tableName] ?? null,
    })),
  };
}

export async function applyTestSchema(store: Store, schema: SchemaDefinition | null): Promise<void> {
  await store.transact((writer) => store.applySchema(writer, schema));
}
