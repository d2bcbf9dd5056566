import { randomUUID } from "node:crypto";
import type { TransactionCounts } from "../store/types.ts";
import type { FunctionLogs, LogLine } from "./types.ts";

const capacity = 2000;

export interface CompletedCall {
  udfType: "Query" | "Mutation" | "Action" | "HttpAction";
  identifier: string;
  logLines: LogLine[];
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Milliseconds. */
  duration: number;
  error: string | null;
  /** Status of an HTTP action's response. */
  httpStatus: number | null;
  requestId: string;
  caller: string;
  identityType: string;
  environment: "isolate" | "node";
  /** What a query or mutation read and wrote. */
  counts: TransactionCounts | null;
}

/** The last completed calls, for `convex logs`. Entries are formatted only when somebody reads them. */
export class FunctionLogBuffer implements FunctionLogs {
  readonly #entries: CompletedCall[] = [];
  /** Cursor of the first entry; starts at the clock so that cursors of an earlier process are in the past. */
  #firstCursor = Date.now() * 100;
  #wakeUps = new Set<() => void>();

  add(call: CompletedCall): void {
    this.#entries.push(call);
    if (this.#entries.length > 2 * capacity) {
      this.#entries.splice(0, capacity);
      this.#firstCursor += capacity;
    }
    if (this.#wakeUps.size > 0) {
      const waiting = this.#wakeUps;
      this.#wakeUps = new Set();
      for (const wake of waiting) wake();
    }
  }

  async stream(
    cursor: number,
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<{ entries: unknown[]; newCursor: number }> {
    const end = () => this.#firstCursor + this.#entries.length;
    if (cursor >= end() && cursor !== 0 && !options.signal.aborted) await this.#nextEntry(options);
    const from = Math.max(0, Math.min(cursor, end()) - this.#firstCursor);
    return { entries: this.#entries.slice(from).map(formatEntry), newCursor: end() };
  }

  #nextEntry(options: { timeoutMs: number; signal: AbortSignal }): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        options.signal.removeEventListener("abort", done);
        this.#wakeUps.delete(done);
        resolve();
      };
      const timer = setTimeout(done, options.timeoutMs);
      options.signal.addEventListener("abort", done);
      this.#wakeUps.add(done);
    });
  }
}

function usageStats(counts: TransactionCounts | null): Record<string, number> {
  return {
    databaseReadBytes: counts?.bytesRead ?? 0,
    databaseWriteBytes: counts?.bytesWritten ?? 0,
    databaseReadDocuments: counts?.documentsRead ?? 0,
    databaseWriteDocuments: counts?.documentsWritten ?? 0,
    storageReadBytes: 0,
    storageWriteBytes: 0,
    vectorIndexReadBytes: 0,
    vectorIndexWriteBytes: 0,
    memoryUsedMb: 0,
  };
}

function formatEntry(call: CompletedCall): unknown {
  const status = call.httpStatus === null ? null : { status: String(call.httpStatus) };
  return {
    kind: "Completion",
    udfType: call.udfType,
    componentPath: null,
    identifier: call.identifier,
    logLines: call.logLines.map((line) => ({ ...line, isTruncated: false })),
    timestamp: (call.startedAt + call.duration) / 1000,
    cachedResult: false,
    executionTime: call.duration / 1000,
    success: call.error === null ? status : null,
    error: call.error,
    requestId: call.requestId,
    executionId: randomUUID(),
    caller: call.caller,
    usageStats: usageStats(call.counts),
    willRetry: false,
    occInfo: null,
    executionTimestamp: call.startedAt / 1000,
    identityType: call.identityType,
    environment: call.environment,
  };
}
