import { logLineText } from "../api/logLineText.ts";
import type { FunctionCall, Identity, QueryOutcome, RequestMetadata } from "../host/types.ts";
import type { CommitTs, IndexWrite, ReadSet, Store } from "../store/types.ts";
import type { Validity } from "./commonTimestamp.ts";
import type { ResultText } from "./querySet.ts";

export interface QueryCall {
  path: string;
  args: FunctionCall["args"];
  identity: Identity;
  journal: string | null;
}
export type RunQuery = (call: FunctionCall & { journal?: string | null }) => Promise<QueryOutcome>;

interface Commit {
  ts: CommitTs;
  writes: readonly IndexWrite[];
}
export interface Evaluation extends Validity {
  text: ResultText;
}

/**
 * Evaluates subscribed queries, each once for all sockets that ask for the same path, arguments and identity, and
 * again when a commit touches what it read.
 */
export class LiveQueries {
  readonly #run: RunQuery;
  readonly #shared = new Map<string, LiveQuery>();
  readonly #live = new Set<LiveQuery>();
  readonly #unsubscribe: () => void;
  #latestTs: CommitTs;

  constructor(store: Store, run: RunQuery) {
    this.#run = run;
    this.#latestTs = store.latestTs;
    this.#unsubscribe = store.onCommit((commit) => {
      this.#latestTs = commit.ts;
      for (const query of this.#live) {
        query.noteCommit(commit);
      }
    });
  }

  /** The newest commit that all evaluations have been checked against. */
  get latestTs(): CommitTs {
    return this.#latestTs;
  }

  /** `onStale` is called whenever the query should be evaluated again. Release the subscription after use. */
  subscribe(call: QueryCall, onStale: () => void): Subscription {
    const key = JSON.stringify([call.path, call.args, identityKey(call.identity), call.journal]);
    let query = this.#shared.get(key);
    if (query === undefined || !query.isShareable) {
      query = new LiveQuery(call, this.#run);
      this.#live.add(query);
      this.#shared.set(key, query);
    }
    const subscribed = query;
    subscribed.listeners.add(onStale);
    return {
      query: subscribed,
      release: () => {
        subscribed.listeners.delete(onStale);
        if (subscribed.listeners.size > 0) {
          return;
        }
        this.#live.delete(subscribed);
        if (this.#shared.get(key) === subscribed) {
          this.#shared.delete(key);
        }
      },
    };
  }

  /** Every query must run again: other code or another environment is in force. */
  invalidateAll(): void {
    for (const query of this.#live) {
      query.discard();
    }
  }

  close(): void {
    this.#unsubscribe();
  }
}

export interface Subscription {
  readonly query: LiveQuery;
  release(): void;
}

/** One evaluated query. */
export class LiveQuery {
  readonly listeners = new Set<() => void>();
  readonly #call: QueryCall;
  readonly #run: RunQuery;
  #journal: string | null;
  #evaluation: Evaluation | null = null;
  #readSet: ReadSet | null = null;
  #running: Promise<void> | null = null;
  /** Commits while an evaluation runs: they may be newer than its snapshot. */
  #commitsMeanwhile: Commit[] = [];
  #generation = 0;

  constructor(call: QueryCall, run: RunQuery) {
    this.#call = call;
    this.#run = run;
    this.#journal = call.journal;
  }

  /** A paginated query keeps the page end of its first run; newcomers get a page of their own. */
  get isShareable(): boolean {
    return this.#journal === this.#call.journal;
  }

  /** The journal of the last run, to be passed on when another subscription takes over. */
  get journal(): string | null {
    return this.#journal;
  }

  /** The last result, maybe overtaken by a commit; null before the first one. */
  get evaluation(): Evaluation | null {
    return this.#evaluation;
  }

  get isFresh(): boolean {
    return this.#evaluation !== null && this.#evaluation.invalidatedAt === null;
  }

  /** Makes the result newer than the last commit that touched it. */
  evaluate(): Promise<void> {
    this.#running ??= this.#evaluate().finally(() => {
      this.#running = null;
      this.#commitsMeanwhile = [];
    });
    return this.#running;
  }

  noteCommit(commit: Commit): void {
    if (this.#running !== null) {
      this.#commitsMeanwhile.push(commit);
    }
    if (this.isFresh && this.#readSet?.intersects(commit.writes)) {
      this.#overtake(commit.ts);
    }
  }

  discard(): void {
    this.#generation += 1;
    this.#evaluation = null;
    this.#notify();
  }

  async #evaluate(): Promise<void> {
    for (;;) {
      const generation = this.#generation;
      const { path, args, identity } = this.#call;
      const { outcome, ts, readSet, journal } = await this.#run({
        path,
        args,
        identity,
        visibility: identity.kind === "admin" ? "any" : "public",
        request: NO_REQUEST,
        origin: "SyncWebsocket",
        journal: this.#journal,
      });
      if (generation !== this.#generation) {
        continue;
      }
      this.#journal = journal;
      this.#readSet = readSet;
      const overtaking = this.#commitsMeanwhile.find(
        (commit) => commit.ts > ts && readSet.intersects(commit.writes),
      );
      this.#evaluation = { ts, invalidatedAt: overtaking?.ts ?? null, text: resultText(outcome, journal) };
      return;
    }
  }

  #overtake(ts: CommitTs): void {
    if (this.#evaluation !== null) {
      this.#evaluation = { ...this.#evaluation, invalidatedAt: ts };
    }
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}

/** Queries cannot read the request's metadata, and a subscription outlives the request. */
const NO_REQUEST: RequestMetadata = { ip: null, userAgent: null, requestId: "0000000000000000" };

function identityKey(identity: Identity): unknown {
  return identity.kind === "user" ? identity.attributes : identity;
}

function resultText(outcome: QueryOutcome["outcome"], journal: string | null): ResultText {
  const logLines = outcome.logLines.map(logLineText);
  const members = outcome.ok
    ? { type: "QueryUpdated", value: outcome.value, logLines, journal }
    : {
        type: "QueryFailed",
        errorMessage: outcome.errorMessage,
        logLines,
        journal,
        errorData: outcome.errorData,
      };
  return JSON.stringify(members).slice(1, -1);
}
