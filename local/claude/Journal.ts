import type { IncomingHttpHeaders } from "node:http";
import type { Usage } from "./planMessage.ts";

export type JournalState = "running" | "complete" | "refused" | "faulted" | "aborted";

/** What happened to one request. Instants are milliseconds since 1970. */
export interface JournalEntry {
  readonly sequence: number;
  readonly requestId: string;
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** As received; credentials and cookies are replaced by `[redacted]`. */
  readonly headers: IncomingHttpHeaders;
  readonly receivedAt: number;
  /** The body as text, exactly as received; null when it was dropped to keep the journal small. */
  body: string | null;
  isStreaming: boolean;
  /** `refused`: an HTTP error; `faulted`: ended by a script's fault; `aborted`: the client left before the end. */
  state: JournalState;
  status: number | null;
  firstByteAt: number | null;
  endedAt: number | null;
  abortedAt: number | null;
  bytesSent: number;
  deltasSent: number;
  /** What the whole answer costs, and the output tokens of the text that was really sent. */
  usage: Usage | null;
  outputTokensSent: number;
}

export interface JournalFilter {
  readonly path?: string | undefined;
  readonly contains?: string | undefined;
  readonly state?: string | undefined;
  /** Only entries after this sequence number. */
  readonly since?: number | undefined;
}

const maxEntries = 5_000;
const maxBodyBytes = 64 * 1024 * 1024;
const secretHeaders = ["x-api-key", "authorization", "cookie", "proxy-authorization"];

/** The last requests, for tests to read; bounded in entries and in bytes of bodies. */
export class Journal {
  #entries: JournalEntry[] = [];
  #bodyBytes = 0;
  #sequence = 0;
  readonly #watchers = new Set<() => void>();

  begin(requestId: string, method: string, path: string, headers: IncomingHttpHeaders): JournalEntry {
    const shown = { ...headers };
    for (const name of secretHeaders) if (name in shown) shown[name] = "[redacted]";
    const entry: JournalEntry = {
      sequence: ++this.#sequence,
      requestId,
      method,
      path,
      headers: shown,
      receivedAt: Date.now(),
      body: null,
      isStreaming: false,
      state: "running",
      status: null,
      firstByteAt: null,
      endedAt: null,
      abortedAt: null,
      bytesSent: 0,
      deltasSent: 0,
      usage: null,
      outputTokensSent: 0,
    };
    this.#entries.push(entry);
    if (this.#entries.length > maxEntries) this.#entries = this.#entries.slice(-maxEntries / 2);
    return entry;
  }

  setBody(entry: JournalEntry, body: string): void {
    entry.body = body;
    this.#bodyBytes += body.length;
    if (this.#bodyBytes > maxBodyBytes) {
      for (const old of this.#entries) if (old !== entry) old.body = null;
      this.#bodyBytes = body.length;
    }
    for (const watcher of this.#watchers) watcher();
  }

  /** Records the end of a request once; later calls change nothing. */
  end(entry: JournalEntry, state: JournalState): void {
    if (entry.state !== "running") return;
    entry.state = state;
    entry.endedAt = Date.now();
    if (state === "aborted") entry.abortedAt = entry.endedAt;
    for (const watcher of this.#watchers) watcher();
  }

  list(filter: JournalFilter = {}): readonly JournalEntry[] {
    return this.#entries.filter(
      (entry) =>
        entry.sequence > (filter.since ?? 0) &&
        (filter.path === undefined || entry.path.startsWith(filter.path)) &&
        (filter.contains === undefined || entry.body?.includes(filter.contains) === true) &&
        (filter.state === undefined || entry.state === filter.state),
    );
  }

  /** Resolves with the matching entries as soon as there are `atLeast`, or with what there is after `timeoutMs`. */
  async waitFor(filter: JournalFilter, atLeast = 1, timeoutMs = 5_000): Promise<readonly JournalEntry[]> {
    if (this.list(filter).length >= atLeast) return this.list(filter);
    await new Promise<void>((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve();
      };
      const check = () => {
        if (this.list(filter).length >= atLeast) finish();
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#watchers.add(check);
    });
    return this.list(filter);
  }

  clear(): void {
    this.#entries = [];
    this.#bodyBytes = 0;
  }
}
