import type { ConvexJson } from "../store/types.ts";
import { SyncConnection, type SyncContext } from "../sync/syncConnection.ts";
import { decodeTs } from "../sync/timestamp.ts";
import type { Program, Range } from "./program.ts";

/** What the client showed at a timestamp: the results of all queries it had asked for. */
export interface View {
  ts: bigint;
  results: { range: Range; value: ConvexJson }[];
}

interface Version {
  querySet: number;
  identity: number;
  ts: string;
}
interface Message {
  type: string;
  startVersion: Version;
  endVersion: Version;
  modifications: { type: string; queryId: number; value: ConvexJson; errorMessage?: string }[];
  requestId: number;
  success: boolean;
  ts?: string;
}

const INITIAL: Version = { querySet: 0, identity: 0, ts: "AAAAAAAAAAA=" };

/** A Convex client over a connection without a socket, which keeps the rules of the protocol and checks the server's. */
export class SimulatedClient {
  readonly views: View[] = [];
  readonly acknowledged = new Map<number, boolean>();
  readonly problems: string[] = [];
  readonly #context: SyncContext;
  readonly #sessionId: string;
  readonly #queries = new Map<number, Range>();
  readonly #results = new Map<number, ConvexJson>();
  readonly #unanswered = new Map<number, Program>();
  #connection: SyncConnection | null = null;
  #version: Version = INITIAL;
  #querySet = 0;
  #nextId = 0;
  #observedTs = 0n;
  /** A mutation's response must be followed by a Transition that shows it. */
  #owedTs = 0n;

  constructor(context: SyncContext, sessionId: string) {
    this.#context = context;
    this.#sessionId = sessionId;
  }

  /** Everything asked has been answered, and everything answered has been shown. */
  get isQuiet(): boolean {
    return (
      this.#unanswered.size === 0 &&
      this.#version.querySet === this.#querySet &&
      this.#owedTs <= this.#observedTs
    );
  }

  /** What it shows now. */
  shown(): View["results"] {
    return [...this.#results].flatMap(([queryId, value]) => {
      const range = this.#queries.get(queryId);
      return range === undefined ? [] : [{ range, value }];
    });
  }

  connect(): void {
    this.#version = INITIAL;
    this.#results.clear();
    this.#owedTs = 0n;
    const request = { ip: null, userAgent: null, requestId: "0000000000000000" };
    const connection = new SyncConnection(
      this.#context,
      {
        send: (text) => {
          if (connection === this.#connection) this.#receive(JSON.parse(text));
        },
        close: (_code, reason) => void this.problems.push(`the server closed the connection: ${reason}`),
      },
      request,
    );
    this.#connection = connection;
    this.#send({ type: "Connect", sessionId: this.#sessionId, connectionCount: 0, clientTs: 0 });
    this.#querySet = 0;
    this.#modify([...this.#queries].map(([queryId, range]) => addOf(queryId, range)));
    for (const [requestId, program] of this.#unanswered) this.#sendProgram(requestId, program);
  }

  drop(): void {
    this.#connection?.dispose();
    this.#connection = null;
  }

  subscribe(range: Range): void {
    const queryId = this.#nextId++;
    this.#queries.set(queryId, range);
    this.#modify([addOf(queryId, range)]);
  }

  unsubscribe(): void {
    const [queryId] = this.#queries.keys();
    if (queryId === undefined) return;
    this.#queries.delete(queryId);
    this.#modify([{ type: "Remove", queryId }]);
  }

  mutate(program: Program): void {
    const requestId = this.#nextId++;
    this.#unanswered.set(requestId, program);
    this.#sendProgram(requestId, program);
  }

  #sendProgram(requestId: number, program: Program): void {
    this.#send({ type: "Mutation", requestId, udfPath: "items:run", args: [{ program }] });
  }

  #modify(modifications: object[]): void {
    if (modifications.length === 0) return;
    const baseVersion = this.#querySet;
    this.#querySet += 1;
    this.#send({ type: "ModifyQuerySet", baseVersion, newVersion: this.#querySet, modifications });
  }

  #send(message: object): void {
    this.#connection?.receive(JSON.stringify(message));
  }

  #receive(message: Message): void {
    if (message.type === "Transition") this.#transition(message);
    else if (message.type === "MutationResponse") this.#respond(message);
    else this.problems.push(`unexpected ${JSON.stringify(message)}`);
  }

  #respond({ requestId, success, ts }: Message): void {
    const program = this.#unanswered.get(requestId);
    if (program === undefined) {
      this.problems.push(`a second response to request ${requestId}`);
      return;
    }
    this.#unanswered.delete(requestId);
    this.acknowledged.set(program.id, success);
    if (success) this.#owedTs = decodeTs(ts ?? "");
  }

  #transition({ startVersion, endVersion, modifications }: Message): void {
    if (JSON.stringify(startVersion) !== JSON.stringify(this.#version)) {
      this.problems.push(
        `a Transition from ${JSON.stringify(startVersion)}, not ${JSON.stringify(this.#version)}`,
      );
    }
    const ts = decodeTs(endVersion.ts);
    if (ts < this.#observedTs) this.problems.push(`time went back from ${this.#observedTs} to ${ts}`);
    this.#version = endVersion;
    this.#observedTs = ts;
    for (const change of modifications) this.#apply(change);
    this.views.push({ ts, results: this.shown() });
  }

  #apply(change: Message["modifications"][number]): void {
    if (change.type === "QueryUpdated") this.#results.set(change.queryId, change.value);
    else if (change.type === "QueryRemoved") this.#results.delete(change.queryId);
    else this.problems.push(`query ${change.queryId} failed: ${change.errorMessage}`);
  }
}

function addOf(queryId: number, range: Range): object {
  return {
    type: "Add",
    queryId,
    udfPath: "items:range",
    args: [{ range, turns: (range.from + range.to) % 3 }],
  };
}
