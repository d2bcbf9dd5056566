import { createHash } from "node:crypto";
import { readSearchPage } from "../search/searchPage.ts";
import { compareKeys, keySuccessor } from "../values/keyCodec.ts";
import { TRANSACTION_LIMITS } from "../values/limits.ts";
import { passesFilters, type QueryContext, resolveSource } from "./queryStream.ts";
import { RangeCursor, type RangeScan } from "./rangeCursor.ts";
import type { ConvexJson, Page, PageRequest, QueryJson, ReadDocument } from "./types.ts";

/** A transaction limit was reached while reading; a page ends there instead of failing. */
export class ReadLimitError extends Error {}

/** A cursor of another query, or no cursor at all. `data` is what Convex's clients look for to start over. */
export class InvalidCursorError extends Error {
  readonly data: ConvexJson = { isConvexSystemError: true, paginationError: "InvalidCursor" };
  constructor() {
    super(
      "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.",
    );
  }
}

/** Convex recommends a split at three quarters of a hard limit. */
const SOFT_LIMIT_RATIO = 0.75;
const PAGE_LENGTH_SOFT_MAX = 8192 * SOFT_LIMIT_RATIO;

/** A position right after the key, or the end of the query. */
type Position = Buffer | "end";

interface ScanResult {
  page: ReadDocument[];
  /** Keys of all rows that were read, also of those that the filters dropped. */
  keys: Buffer[];
  bytes: number;
  isExhausted: boolean;
  isOverLimit: boolean;
}

/** Reads one page; see `PageRequest` for the meaning of the cursors. */
export function readQueryPage(context: QueryContext, request: PageRequest): Page {
  checkRequest(request);
  const { source } = request.query;
  if (source.type === "Search") return readSearchPage(context, request, source);
  const scan = resolveSource(context.engine, source);
  const fingerprint = queryFingerprint(request.query);
  const start = request.cursor === null ? null : parseCursor(request.cursor, fingerprint);
  const end = request.endCursor === null ? null : parseCursor(request.endCursor, fingerprint);
  if (start === "end") {
    const continueCursor = formatCursor(fingerprint, "end");
    return { page: [], isDone: true, continueCursor, splitCursor: null, pageStatus: null };
  }
  const result = scanPage(context, narrow(scan, start, end), request, end !== null);
  const position = end ?? (result.isExhausted ? "end" : (result.keys.at(-1) ?? start ?? "end"));
  const split = result.keys.length > 2 ? result.keys[result.keys.length >> 1] : undefined;
  return {
    page: result.page,
    isDone: position === "end",
    continueCursor: formatCursor(fingerprint, position),
    splitCursor: split ? formatCursor(fingerprint, split) : null,
    pageStatus: pageStatus(result, request),
  };
}

function scanPage(
  context: QueryContext,
  scan: RangeScan,
  request: PageRequest,
  isBounded: boolean,
): ScanResult {
  const { query, pageSize } = request;
  const rowsMax = request.maximumRowsRead ?? Number.POSITIVE_INFINITY;
  const bytesMax = request.maximumBytesRead ?? Number.POSITIVE_INFINITY;
  const cursor = new RangeCursor(context.engine, context.reads, scan, pageSize);
  const result: ScanResult = { page: [], keys: [], bytes: 0, isExhausted: false, isOverLimit: false };
  while (isBounded || result.page.length < pageSize) {
    if (!isBounded && (result.keys.length >= rowsMax || result.bytes >= bytesMax)) {
      result.isOverLimit = true;
      break;
    }
    const row = cursor.next();
    if (row === null) {
      result.isExhausted = true;
      break;
    }
    try {
      context.countDocument(scan.index, row.sizeBytes);
    } catch (error) {
      if (!(error instanceof ReadLimitError) || result.keys.length === 0) throw error;
      result.isOverLimit = true;
      break;
    }
    result.keys.push(row.key);
    result.bytes += row.sizeBytes;
    if (passesFilters(row, query.operators)) result.page.push(row);
  }
  return result;
}

function pageStatus(result: ScanResult, request: PageRequest): Page["pageStatus"] {
  if (result.isOverLimit) return "SplitRequired";
  const rowsMax = Math.min(
    request.maximumRowsRead ?? TRANSACTION_LIMITS.documentsRead,
    TRANSACTION_LIMITS.documentsRead,
  );
  const isLarge =
    result.keys.length > Math.floor(rowsMax * SOFT_LIMIT_RATIO) ||
    result.bytes > TRANSACTION_LIMITS.bytesRead * SOFT_LIMIT_RATIO ||
    result.page.length > PAGE_LENGTH_SOFT_MAX;
  return isLarge ? "SplitRecommended" : null;
}

function checkRequest({ pageSize, maximumRowsRead, maximumBytesRead, query }: PageRequest): void {
  if (!(pageSize >= 1)) throw new Error("Must request at least 1 document while paginating");
  if (pageSize > TRANSACTION_LIMITS.documentsRead) throw new Error(`Requested too many items: ${pageSize}`);
  if (maximumRowsRead === 0 || maximumBytesRead === 0) {
    throw new Error("maximumRowsRead and maximumBytesRead must be greater than 0");
  }
  if (query.operators.some((operator) => "limit" in operator)) {
    throw new Error("A query with a limit cannot be paginated: leave out .take() or .paginate()");
  }
}

/** Cursors only ever narrow the range of the query, so that a forged one reads nothing else. */
function narrow(scan: RangeScan, start: Buffer | null, end: Position | null): RangeScan {
  let { lower, upper } = scan.bounds;
  const endKey = end === "end" ? null : end;
  if (scan.order === "asc") {
    if (start) lower = greater(lower, keySuccessor(start));
    if (endKey) upper = lesser(upper, keySuccessor(endKey));
  } else {
    if (start) upper = lesser(upper, start);
    if (endKey) lower = greater(lower, endKey);
  }
  return { ...scan, bounds: { lower, upper } };
}

function greater(left: Buffer, right: Buffer): Buffer {
  return compareKeys(left, right) >= 0 ? left : right;
}

function lesser(left: Buffer, right: Buffer): Buffer {
  return compareKeys(left, right) <= 0 ? left : right;
}

export function queryFingerprint(query: QueryJson): string {
  const text = JSON.stringify([query.source, query.operators]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 12);
}

export function formatCursor(fingerprint: string, position: Position): string {
  return position === "end" ? `${fingerprint}~` : `${fingerprint}.${position.toString("base64url")}`;
}

export function parseCursor(cursor: string, fingerprint: string): Position {
  if (cursor === `${fingerprint}~`) return "end";
  const key = cursor.slice(fingerprint.length + 1);
  if (!cursor.startsWith(`${fingerprint}.`) || !/^[\w-]+$/.test(key)) throw new InvalidCursorError();
  return Buffer.from(key, "base64url");
}
