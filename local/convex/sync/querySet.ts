import type { CommitTs } from "../store/types.ts";
import type { AddQuery, ModifyQuerySet } from "./messages.ts";
import { ProtocolError } from "./protocolError.ts";
import { encodeTs } from "./timestamp.ts";

/** The members of a QueryUpdated or QueryFailed modification as JSON text, without the query id. */
export type ResultText = string;

export interface StateVersion {
  querySet: number;
  identity: number;
  ts: CommitTs;
}

/**
 * What one client subscribes to and what it has been told: versions, and the last result sent of each query.
 * No sockets, no clocks and no evaluation: the driver evaluates and asks for the Transition.
 */
export class QuerySet {
  /** The version that the last Transition ended with. */
  #sent: StateVersion = { querySet: 0, identity: 0, ts: 0n };
  #querySetVersion = 0;
  #identityVersion = 0;
  readonly #lastSent = new Map<number, ResultText | null>();
  #removed: number[] = [];

  get identityVersion(): number {
    return this.#identityVersion;
  }

  get sentVersion(): Readonly<StateVersion> {
    return this.#sent;
  }

  get queryIds(): Iterable<number> {
    return this.#lastSent.keys();
  }

  /** True when the client waits for a Transition whatever its results are. */
  get isBehind(): boolean {
    return this.#sent.querySet !== this.#querySetVersion || this.#sent.identity !== this.#identityVersion;
  }

  /** Applies a ModifyQuerySet; tells which queries to start and to stop evaluating. Throws ProtocolError. */
  modify(message: ModifyQuerySet): { added: AddQuery[]; removed: number[] } {
    this.#requireBase("query set", message.baseVersion, this.#querySetVersion);
    if (message.newVersion <= message.baseVersion) {
      throw new ProtocolError(`Query set version must grow: ${message.baseVersion} to ${message.newVersion}`);
    }
    const added = new Map<number, AddQuery>();
    const removed: number[] = [];
    for (const modification of message.modifications) {
      const { queryId } = modification;
      if (modification.type === "Add") {
        if (this.#lastSent.has(queryId)) {
          throw new ProtocolError(`Query ${queryId} is already in the query set`);
        }
        this.#lastSent.set(queryId, null);
        added.set(queryId, modification);
      } else {
        if (!this.#lastSent.delete(queryId)) {
          throw new ProtocolError(`Query ${queryId} is not in the query set`);
        }
        this.#removed.push(queryId);
        if (!added.delete(queryId)) {
          removed.push(queryId);
        }
      }
    }
    this.#querySetVersion = message.newVersion;
    return { added: [...added.values()], removed };
  }

  /** Throws ProtocolError when `baseVersion` is not the current identity version. */
  checkIdentityBase(baseVersion: number): void {
    this.#requireBase("identity", baseVersion, this.#identityVersion);
  }

  advanceIdentity(): void {
    this.#identityVersion += 1;
  }

  /**
   * The Transition to `ts`, as JSON text. `results` holds the result of every query at `ts`; results that the client
   * already has are left out. Null when there is nothing to tell, unless `isForced`.
   */
  transition(ts: CommitTs, results: ReadonlyMap<number, ResultText>, isForced = false): string | null {
    const modifications: string[] = [];
    for (const [queryId, lastSent] of this.#lastSent) {
      const result = results.get(queryId);
      if (result === undefined) {
        throw new Error(`Query ${queryId} has no result`);
      }
      if (result !== lastSent) {
        this.#lastSent.set(queryId, result);
        modifications.push(`{"queryId":${queryId},${result}}`);
      }
    }
    if (modifications.length === 0 && !this.isBehind && !isForced) {
      return null;
    }
    for (const queryId of this.#removed) {
      modifications.push(`{"type":"QueryRemoved","queryId":${queryId}}`);
    }
    this.#removed = [];
    const start = this.#sent;
    this.#sent = { querySet: this.#querySetVersion, identity: this.#identityVersion, ts };
    return (
      `{"type":"Transition","startVersion":${versionText(start)},"endVersion":${versionText(this.#sent)},` +
      `"modifications":[${modifications.join(",")}]}`
    );
  }

  #requireBase(what: string, given: number, current: number): void {
    if (given !== current) {
      throw new ProtocolError(
        `The base ${what} version ${given} does not match the current version ${current}`,
      );
    }
  }
}

function versionText({ querySet, identity, ts }: StateVersion): string {
  return `{"querySet":${querySet},"identity":${identity},"ts":"${encodeTs(ts)}"}`;
}
