import { formatCursor, parseCursor, queryFingerprint } from "../store/queryPage.ts";
import { passesFilters, type QueryContext } from "../store/queryStream.ts";
import type { Page, PageRequest, ReadDocument, SearchSource } from "../store/types.ts";
import { searchDocuments } from "./searchQuery.ts";

/** One page of search results. Its cursors are ranks: a search that changes moves them. */
export function readSearchPage(context: QueryContext, request: PageRequest, source: SearchSource): Page {
  const fingerprint = queryFingerprint(request.query);
  const rankOf = (cursor: string) => {
    const position = parseCursor(cursor, fingerprint);
    return position === "end" ? Number.POSITIVE_INFINITY : Number(position.toString());
  };
  const start = request.cursor === null ? 0 : rankOf(request.cursor);
  const end = request.endCursor === null ? null : rankOf(request.endCursor);
  const rows = searchDocuments(context, source);
  const page: ReadDocument[] = [];
  let rank = start;
  for (; rank < Math.min(rows.length, end ?? rows.length); rank += 1) {
    if (end === null && page.length >= request.pageSize) break;
    const row = rows[rank];
    if (row === undefined) break;
    context.countDocument(context.engine.catalog.resolveSearchIndex(source.indexName), row.sizeBytes);
    if (passesFilters(row, request.query.operators)) page.push(row);
  }
  const isDone = end === Number.POSITIVE_INFINITY || (end === null && rank >= rows.length);
  const position = isDone ? ("end" as const) : Buffer.from(String(end ?? rank));
  return {
    page,
    isDone,
    continueCursor: formatCursor(fingerprint, position),
    splitCursor: null,
    pageStatus: null,
  };
}
