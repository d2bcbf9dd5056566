import { searchDocuments } from "../search/searchQuery.ts";
import { passesFilter } from "../values/filterExpression.ts";
import type { Index } from "./catalog.ts";
import type { Engine } from "./engine.ts";
import { ALL_KEYS, indexBounds, type KeyBounds } from "./indexBounds.ts";
import { parsedDocument } from "./parsedDocument.ts";
import { RangeCursor, type RangeScan } from "./rangeCursor.ts";
import type { RecordedReads } from "./readSet.ts";
import type { IndexRow } from "./statements.ts";
import type { QueryJson, RangeExpression, SearchSource } from "./types.ts";

/** What a query needs of the transaction it runs in. */
export interface QueryContext {
  engine: Engine;
  reads: RecordedReads;
  /** Counts one document that was read; throws a `ReadLimitError` beyond the limit. */
  countDocument(index: { table: string }, sizeBytes: number): void;
}

type Operator = QueryJson["operators"][number];

/** Starts the query; rows are read when the returned function is called. */
export function openQueryStream(context: QueryContext, query: QueryJson): () => IndexRow | null {
  const { source } = query;
  if (source.type === "Search") return openSearchStream(context, query, source);
  const scan = resolveSource(context.engine, source);
  const limits = query.operators.map((operator) => ("limit" in operator ? operator.limit : 0));
  const first = query.operators[0];
  const rowsHint = first && "limit" in first ? first.limit : null;
  const cursor = new RangeCursor(context.engine, context.reads, scan, rowsHint);
  return () => {
    for (;;) {
      if (query.operators.some((operator, index) => "limit" in operator && limits[index] === 0)) return null;
      const row = cursor.next();
      if (row === null) return null;
      context.countDocument(scan.index, row.sizeBytes);
      if (passesOperators(row, query.operators, limits)) return row;
    }
  };
}

function openSearchStream(
  context: QueryContext,
  query: QueryJson,
  source: SearchSource,
): () => IndexRow | null {
  const limits = query.operators.map((operator) => ("limit" in operator ? operator.limit : 0));
  const index = context.engine.catalog.resolveSearchIndex(source.indexName);
  let rows: IterableIterator<IndexRow> | null = null;
  return () => {
    rows ??= searchDocuments(context, source).values();
    for (;;) {
      if (query.operators.some((operator, position) => "limit" in operator && limits[position] === 0)) {
        return null;
      }
      const { value: row } = rows.next();
      if (row === undefined) return null;
      context.countDocument(index, row.sizeBytes);
      if (passesOperators(row, query.operators, limits)) return row;
    }
  };
}

/** True when the row passes all filters. `.limit` operators belong to `openQueryStream`. */
export function passesFilters(row: IndexRow, operators: readonly Operator[]): boolean {
  return passesOperators(row, operators, []);
}

/** Throws Errors with Convex's texts on unknown indexes and bad ranges. */
export function resolveSource(engine: Engine, source: Exclude<QueryJson["source"], SearchSource>): RangeScan {
  switch (source.type) {
    case "FullTableScan":
      return {
        index: engine.catalog.resolve(source.tableName).byCreationTime,
        bounds: ALL_KEYS,
        order: source.order ?? "asc",
      };
    case "IndexRange": {
      const index = engine.catalog.resolveIndex(source.indexName);
      return { index, bounds: boundsOf(index, source.range), order: source.order ?? "asc" };
    }
  }
}

/** Of parsed queries, which the host keeps and nobody changes. A new schema has new indexes. */
const knownBounds = new WeakMap<readonly RangeExpression[], { index: Index; bounds: KeyBounds }>();

function boundsOf(index: Index, range: readonly RangeExpression[]): KeyBounds {
  const known = knownBounds.get(range);
  if (known?.index === index) return known.bounds;
  const bounds = indexBounds(index, range);
  knownBounds.set(range, { index, bounds });
  return bounds;
}

/** Operators apply in their order: a limit counts only what the filters before it let through. */
function passesOperators(row: IndexRow, operators: readonly Operator[], limits: number[]): boolean {
  for (const [index, operator] of operators.entries()) {
    if ("limit" in operator) {
      limits[index] = (limits[index] ?? 0) - 1;
      continue;
    }
    if (!passesFilter(operator.filter, parsedDocument(row))) return false;
  }
  return true;
}
