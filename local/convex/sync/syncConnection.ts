import { setImmediate as nextTurn } from "node:timers/promises";
import { toActingAs } from "../auth/adminKey.ts";
import { AuthenticationError } from "../auth/authenticationError.ts";
import type { Authenticator, VerifiedIdentity } from "../auth/authenticator.ts";
import { SystemError } from "../host/systemError.ts";
import type { FunctionHost, RequestMetadata } from "../host/types.ts";
import type { CommitTs } from "../store/types.ts";
import { commonTimestamp } from "./commonTimestamp.ts";
import { FunctionRequests } from "./functionRequests.ts";
import type { Evaluation, LiveQueries, Subscription } from "./liveQueries.ts";
import type { AddQuery, Authenticate, ClientMessage, Connect, ModifyQuerySet } from "./messages.ts";
import { parseClientMessage } from "./messages.ts";
import { ProtocolError } from "./protocolError.ts";
import { QuerySet, type ResultText } from "./querySet.ts";
import { decodeTs } from "./timestamp.ts";

export interface SyncContext {
  host: Pick<FunctionHost, "store" | "runMutation" | "runAction">;
  authenticator: Authenticator;
  live: LiveQueries;
}
export interface SyncSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
}

const CLOSE_NORMAL = 1000;
const CLOSE_INTERNAL_ERROR = 1011;

/**
 * One client's connection. Results and mutations meet here:
 *
 * - All results of a Transition are right at its timestamp: each evaluation knows from which commit to which it holds
 *   (`LiveQueries`), and `commonTimestamp` picks one that suits all. If there is none, the overtaken ones run again.
 * - While a mutation of this connection runs no Transition is sent, so that its effects never come before its
 *   MutationResponse; and the next mutation waits for the Transition that shows the effects of the one before.
 */
export class SyncConnection {
  readonly #context: SyncContext;
  readonly #socket: SyncSocket;
  readonly #querySet = new QuerySet();
  readonly #subscriptions = new Map<number, Subscription & { add: AddQuery }>();
  readonly #requests: FunctionRequests;
  #caller: VerifiedIdentity = { identity: { kind: "none" }, expiresAt: Number.POSITIVE_INFINITY };
  #isConnected = false;
  #isClosed = false;
  #inbox: Promise<void> = Promise.resolve();
  #isDirty = false;
  #isUpdating = false;
  /** The next Transition is sent even when empty, at this timestamp or later. */
  #owedTs: CommitTs | null = null;
  #onTransition: (() => void)[] = [];

  constructor(context: SyncContext, socket: SyncSocket, request: RequestMetadata) {
    this.#context = context;
    this.#socket = socket;
    this.#requests = new FunctionRequests({
      host: context.host,
      request,
      send: (message) => this.#send(JSON.stringify(message)),
      caller: () => this.#currentCaller(),
      fail: (error) => this.#fail(error),
      showCommit: (ts) => this.#showCommit(ts),
    });
  }

  /** Takes one message. Messages are handled in order, also when one must wait for a token's verification. */
  receive(text: string): void {
    this.#inbox = this.#inbox.then(() => this.#handleText(text));
  }

  /** Stops evaluating; the socket is gone. */
  dispose(): void {
    this.#isClosed = true;
    for (const subscription of this.#subscriptions.values()) {
      subscription.release();
    }
    this.#subscriptions.clear();
    this.#requests.dispose();
    this.#settleTransitionWaiters();
  }

  async #handleText(text: string): Promise<void> {
    if (this.#isClosed) {
      return;
    }
    try {
      await this.#handle(parseMessage(text));
    } catch (error) {
      this.#fail(error);
    }
  }

  async #handle(message: ClientMessage): Promise<void> {
    if (!this.#isConnected && message.type !== "Connect") {
      throw new ProtocolError(`${message.type} before Connect`);
    }
    switch (message.type) {
      case "Connect":
        this.#connect(message);
        break;
      case "Authenticate":
        await this.#authenticate(message);
        break;
      case "ModifyQuerySet":
        this.#modifyQuerySet(message);
        break;
      case "Mutation":
        this.#requests.enqueueMutation(message);
        break;
      case "Action":
        this.#requests.startAction(message);
        break;
      case "Event":
        break;
      default:
        message satisfies never;
    }
  }

  #connect({ sessionId, maxObservedTimestamp }: Connect): void {
    if (this.#isConnected) {
      throw new ProtocolError("Connect was sent twice");
    }
    this.#isConnected = true;
    this.#requests.sessionId = sessionId;
    if (maxObservedTimestamp && decodeTs(maxObservedTimestamp) > this.#context.live.latestTs) {
      this.#close(CLOSE_INTERNAL_ERROR, "The client has seen a newer timestamp than this deployment");
    }
  }

  async #authenticate(message: Authenticate): Promise<void> {
    this.#querySet.checkIdentityBase(message.baseVersion);
    try {
      this.#caller = await this.#verify(message);
    } catch (error) {
      this.#refuseIdentity(error, true);
      return;
    }
    if (this.#isClosed) {
      return;
    }
    this.#querySet.advanceIdentity();
    for (const [queryId, previous] of this.#subscriptions) {
      this.#subscribe({ ...previous.add, queryId, journal: previous.query.journal });
      previous.release();
    }
    this.#touch();
  }

  async #verify({ tokenType, value = "", impersonating }: Authenticate): Promise<VerifiedIdentity> {
    const { authenticator } = this.#context;
    if (tokenType === "User") {
      return await authenticator.verifyToken(value);
    }
    const expiresAt = Number.POSITIVE_INFINITY;
    if (tokenType === "None") {
      return { identity: { kind: "none" }, expiresAt };
    }
    const identity = authenticator.verifyAdminKey(value);
    return impersonating === undefined || impersonating === null
      ? { identity, expiresAt }
      : { identity: { kind: "admin", actingAs: toActingAs(impersonating) }, expiresAt };
  }

  #modifyQuerySet(message: ModifyQuerySet): void {
    const { added, removed } = this.#querySet.modify(message);
    for (const queryId of removed) {
      this.#subscriptions.get(queryId)?.release();
      this.#subscriptions.delete(queryId);
    }
    for (const add of added) {
      this.#subscribe(add);
    }
    this.#touch();
  }

  #subscribe(add: AddQuery): void {
    if (add.componentPath) {
      throw new ProtocolError(`Queries of component ${add.componentPath} are not supported`);
    }
    const subscription = this.#context.live.subscribe(
      {
        path: add.udfPath,
        args: add.args[0] ?? {},
        identity: this.#caller.identity,
        journal: add.journal ?? null,
      },
      () => this.#touch(),
    );
    this.#subscriptions.set(add.queryId, { ...subscription, add });
  }

  /** The identity to run a function as; null (and the connection closes) once its token has expired. */
  #currentCaller(): VerifiedIdentity["identity"] | null {
    if (this.#caller.expiresAt > Date.now()) {
      return this.#caller.identity;
    }
    this.#refuseIdentity(new AuthenticationError("InvalidAuthHeader", "Token expired"), false);
    return null;
  }

  #touch(): void {
    this.#isDirty = true;
    if (!this.#isUpdating && !this.#isClosed) {
      this.#isUpdating = true;
      this.#update().catch((error: unknown) => this.#fail(error));
    }
  }

  /** Marks its end in the same turn in which it finds nothing to do: whoever comes later starts the next update. */
  async #update(): Promise<void> {
    try {
      while (this.#isDirty && !this.#isClosed) {
        this.#isDirty = false;
        if (this.#currentCaller() === null) {
          return;
        }
        await this.#sendTransition();
      }
    } finally {
      this.#isUpdating = false;
    }
  }

  async #sendTransition(): Promise<void> {
    while (!this.#isClosed) {
      const stale = [...this.#subscriptions.values()].filter(({ query }) => !query.isFresh);
      await Promise.all(stale.map(({ query }) => query.evaluate()));
      if (this.#isClosed) {
        return;
      }
      if (this.#requests.mutation !== null) {
        await this.#requests.mutation;
        continue;
      }
      const evaluations = this.#evaluations();
      if (evaluations === null) {
        continue;
      }
      const sentTs = this.#querySet.sentVersion.ts;
      const floor = this.#owedTs !== null && this.#owedTs > sentTs ? this.#owedTs : sentTs;
      const latest = this.#context.live.latestTs;
      const ts = commonTimestamp(evaluations.values(), { latest, floor });
      if (ts === null) {
        await nextTurn();
        continue;
      }
      this.#publish(ts, evaluations);
      return;
    }
  }

  /** Null while a query that was added meanwhile has no result. */
  #evaluations(): Map<number, Evaluation> | null {
    const evaluations = new Map<number, Evaluation>();
    for (const [queryId, { query }] of this.#subscriptions) {
      if (query.evaluation === null) {
        return null;
      }
      evaluations.set(queryId, query.evaluation);
    }
    return evaluations;
  }

  #publish(ts: CommitTs, evaluations: ReadonlyMap<number, Evaluation>): void {
    const results = new Map<number, ResultText>();
    for (const [queryId, { text, invalidatedAt }] of evaluations) {
      results.set(queryId, text);
      this.#isDirty ||= invalidatedAt !== null;
    }
    const text = this.#querySet.transition(ts, results, this.#owedTs !== null);
    this.#owedTs = null;
    if (text !== null) {
      this.#send(text);
    }
    this.#settleTransitionWaiters();
  }

  /** Resolves when a Transition at `ts` or later has been sent. */
  #showCommit(ts: CommitTs): Promise<void> {
    this.#owedTs = ts;
    return new Promise((resolve) => {
      this.#onTransition.push(resolve);
      this.#touch();
    });
  }

  #settleTransitionWaiters(): void {
    const waiters = this.#onTransition;
    this.#onTransition = [];
    for (const resolve of waiters) {
      resolve();
    }
  }

  #refuseIdentity(error: unknown, authUpdateAttempted: boolean): void {
    if (!(error instanceof AuthenticationError)) {
      throw error;
    }
    const baseVersion = this.#querySet.identityVersion;
    this.#send(JSON.stringify({ type: "AuthError", error: error.message, baseVersion, authUpdateAttempted }));
    this.#close(CLOSE_NORMAL, "AuthError");
  }

  #fail(error: unknown): void {
    if (error instanceof ProtocolError) {
      this.#send(JSON.stringify({ type: "FatalError", error: error.message }));
      this.#close(CLOSE_NORMAL, "FatalError");
      return;
    }
    if (error instanceof SystemError) {
      this.#close(CLOSE_INTERNAL_ERROR, error.code);
      return;
    }
    console.error(error);
    this.#close(CLOSE_INTERNAL_ERROR, "InternalServerError");
  }

  #send(text: string): void {
    if (!this.#isClosed) {
      this.#socket.send(text);
    }
  }

  #close(code: number, reason: string): void {
    if (!this.#isClosed) {
      this.dispose();
      this.#socket.close(code, reason);
    }
  }
}

function parseMessage(text: string): ClientMessage {
  try {
    return parseClientMessage(text);
  } catch (error) {
    throw new ProtocolError(`Bad message: ${error instanceof Error ? error.message : String(error)}`);
  }
}
