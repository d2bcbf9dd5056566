import { beginSqlite, type Engine, undoTo } from "./engine.ts";
import { pruneSessionResults } from "./sessionResults.ts";
import type { CommitTs, IndexWrite } from "./types.ts";

export interface CompletedCommit {
  ts: CommitTs;
  writes: readonly IndexWrite[];
}
type CommitListener = (commit: CompletedCommit) => void;

/** A group that grows in each turn of the event loop is committed after so many: an fsync halts the whole process. */
const TURNS_MAX = 4;

/** Mutations that share one SQLite transaction. */
class Group {
  readonly commits: CompletedCommit[] = [];
  /** Null once durable, else the error that took the whole group back. */
  readonly outcome: Promise<Error | null>;
  settle: (failure: Error | null) => void = () => {};

  constructor() {
    this.outcome = new Promise((resolve) => {
      this.settle = resolve;
    });
  }
}

/**
 * Runs transactions one at a time and joins those of one event-loop turn, or of a few busy ones, to one COMMIT, because
 * each COMMIT costs an fsync. What a group has written is visible to the transactions after it, which therefore wait for its outcome.
 */
export class GroupCommit {
  readonly #engine: Engine;
  readonly #listeners = new Set<CommitListener>();
  readonly #waiting: (() => void)[] = [];
  #isBusy = false;
  #isFlushDue = false;
  #isClosed = false;
  #group: Group | null = null;
  #durableTs: CommitTs;
  #completedTs: CommitTs;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#durableTs = engine.clock.nextTs();
    this.#completedTs = this.#durableTs;
  }

  /** Timestamp of the last durable commit. */
  get durableTs(): CommitTs {
    return this.#durableTs;
  }

  /** Timestamp of what the next transaction sees. */
  get completedTs(): CommitTs {
    return this.#completedTs;
  }

  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs `body` alone, in order of the calls. Resolves, or throws, once all that `body` may have seen is durable. */
  async exclusive<T>(body: () => Promise<T>): Promise<T> {
    if (this.#isBusy) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isBusy = true;
    const result = await settle(() => {
      if (this.#isClosed) throw new Error("The store is closed.");
      return body();
    });
    const seen = this.#group;
    this.#release();
    const failure = seen && seen.commits.length > 0 ? await seen.outcome : null;
    if (failure) throw failure;
    if (!result.ok) throw result.error;
    return result.value;
  }

  /** Before the first write of a transaction. */
  begin(): void {
    if (this.#group) return;
    this.#group = new Group();
    this.#flushNextTurn(this.#group, { turns: 1, commitsBefore: 1 });
  }

  /** Adds a transaction to the group. */
  complete(commit: CompletedCommit): void {
    this.#group?.commits.push(commit);
    this.#completedTs = commit.ts;
  }

  /**
   * Takes back what a transaction changed since `undoLength`. SQLite may have given up the whole transaction in which a
   * schema was applied; then the group is lost.
   */
  rollback(undoLength: number, cause: unknown): void {
    if (this.#engine.isInSqlite && !this.#engine.db.inTransaction) this.#fail(cause);
    else undoTo(this.#engine, undoLength);
    this.#engine.writeVersion += 1;
  }

  async close(): Promise<void> {
    await this.exclusive(async () => {
      this.#flushNow();
      this.#isClosed = true;
    });
  }

  #release(): void {
    if (this.#isFlushDue) this.#flushNow();
    const next = this.#waiting.shift();
    if (next) next();
    else this.#isBusy = false;
  }

  /** A lone mutation waits for nobody; those that come side by side wait for more of them. */
  #flushNextTurn(group: Group, { turns, commitsBefore }: { turns: number; commitsBefore: number }): void {
    setImmediate(() => {
      if (group !== this.#group) return;
      const { length } = group.commits;
      if (length > commitsBefore && turns < TURNS_MAX) {
        this.#flushNextTurn(group, { turns: turns + 1, commitsBefore: length });
      } else {
        this.#flush();
      }
    });
  }

  /** A transaction that is still running must not be cut in two: it flushes when it ends. */
  #flush(): void {
    if (this.#isBusy) this.#isFlushDue = true;
    else this.#flushNow();
  }

  #flushNow(): void {
    this.#isFlushDue = false;
    const group = this.#group;
    if (!group) return;
    if (group.commits.length === 0) {
      this.#fail(new Error("Every mutation of the group failed."));
      return;
    }
    const engine = this.#engine;
    try {
      beginSqlite(engine);
      engine.pending.flush();
      if (engine.clock.nowMs() >= engine.nextSessionPruneAt) pruneSessionResults(engine);
      engine.statements.setMeta("clock", engine.clock.save());
      engine.db.exec("COMMIT");
    } catch (error) {
      this.#fail(error);
      return;
    }
    engine.isInSqlite = false;
    engine.undo.length = 0;
    this.#group = null;
    for (const commit of group.commits) {
      this.#durableTs = commit.ts;
      this.#notify(commit);
    }
    group.settle(null);
  }

  #fail(cause: unknown): void {
    const group = this.#group;
    this.#group = null;
    const engine = this.#engine;
    if (engine.db.inTransaction) engine.db.exec("ROLLBACK");
    engine.statements.forgetScans();
    engine.isInSqlite = false;
    undoTo(engine, 0);
    engine.pending.clear();
    engine.writeVersion += 1;
    this.#completedTs = this.#durableTs;
    group?.settle(cause instanceof Error ? cause : new Error(String(cause)));
  }

  /** A listener that throws is a bug of its own; it must not look like a failed commit. */
  #notify(commit: CompletedCommit): void {
    for (const listener of this.#listeners) {
      try {
        listener(commit);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

type Settled<T> = { ok: true; value: T } | { ok: false; error: unknown };

async function settle<T>(body: () => Promise<T>): Promise<Settled<T>> {
  try {
    return { ok: true, value: await body() };
  } catch (error) {
    return { ok: false, error };
  }
}
