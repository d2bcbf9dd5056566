import { inspect } from "node:util";
import type { KillSwitch } from "../faults/killSwitch.ts";
import type { ReadDocument, Reader, TransactionCounts, Writer } from "../store/types.ts";
import type { Executor } from "./executor.ts";
import { PromiseContext } from "./promiseContext.ts";
import type { Identity, LogLine, RequestMetadata } from "./types.ts";

/** The invocation on whose behalf user code runs; undefined while modules are imported. */
export const currentInvocation = new PromiseContext<Invocation>();

export type InvocationKind = "query" | "mutation" | "action" | "httpAction";

const maxLogLines = 256;

/** The console output of one call, shared by the functions nested in its transaction. */
export class LogSink {
  /** What the transaction read and wrote; null for actions. */
  counts: TransactionCounts | null = null;
  readonly lines: LogLine[] = [];

  add(level: LogLine["level"], values: readonly unknown[]): void {
    if (this.lines.length >= maxLogLines) return;
    this.lines.push({ level, messages: values.map((value) => inspect(value)), timestamp: Date.now() });
  }
}

export interface Caller {
  readonly identity: Identity;
  readonly request: RequestMetadata;
  /** What started the call, as the function logs name it. */
  readonly origin: string;
  /** Set when the scheduler runs the function. */
  readonly scheduledFunctionId: string | null;
  readonly log: LogSink;
}

/** What the functions of one transaction share: the snapshot or the open transaction, and the frozen clock. */
export interface TransactionScope {
  readonly reader: Reader;
  readonly writer: Writer | null;
  readonly now: number;
  scheduledFunctions: number;
  scheduledBytes: number;
}

export function newScope(reader: Reader, writer: Writer | null): TransactionScope {
  return { reader, writer, now: Date.now(), scheduledFunctions: 0, scheduledBytes: 0 };
}

/** The same transaction without the right to write, for a query that a mutation calls. */
export function readOnly(scope: TransactionScope): TransactionScope {
  return { ...scope, writer: null };
}

/** One running function; `scope` is null for actions and HTTP actions. */
export class Invocation {
  ended = false;
  /** A nested mutation is open: the parent's own operations wait for it, or they would land in its sub-transaction. */
  blockedBy: Promise<unknown> | null = null;
  hasPaginated = false;
  journal: string | null = null;
  httpRequest: Request | null = null;
  httpResponse: Response | null = null;
  /** The seeded randomness of a query or mutation, from its first use. */
  random: (() => number) | null = null;
  /** Set when a test ends this action early. */
  killSwitch: KillSwitch | null = null;
  readonly #streams = new Map<number, () => ReadDocument | null>();
  #nextStreamId = 0;

  constructor(
    readonly executor: Executor,
    readonly kind: InvocationKind,
    /** `dir/module:export`, or method and path of an HTTP action. */
    readonly name: string,
    readonly caller: Caller,
    readonly scope: TransactionScope | null,
    readonly depth: number,
    readonly previousJournal: string | null = null,
  ) {}

  openStream(next: () => ReadDocument | null): number {
    const id = this.#nextStreamId++;
    this.#streams.set(id, next);
    return id;
  }

  stream(id: number): () => ReadDocument | null {
    const next = this.#streams.get(id);
    if (next === undefined) throw new Error(`Query ${id} is closed.`);
    return next;
  }

  closeStream(id: number): boolean {
    return this.#streams.delete(id);
  }
}
