import { logLineText } from "../api/logLineText.ts";
import { newRequestId } from "../api/requestMetadata.ts";
import { SystemError } from "../host/systemError.ts";
import type {
  FunctionCall,
  FunctionHost,
  FunctionOutcome,
  Identity,
  RequestMetadata,
} from "../host/types.ts";
import type { CommitTs } from "../store/types.ts";
import type { FunctionRequest } from "./messages.ts";
import { ProtocolError } from "./protocolError.ts";
import { encodeTs } from "./timestamp.ts";

export interface FunctionRequestsOptions {
  host: Pick<FunctionHost, "store" | "runMutation" | "runAction">;
  request: RequestMetadata;
  send(message: unknown): void;
  /** The identity to run as; null when the connection is being closed. */
  caller(): Identity | null;
  /** Closes the connection: the client connects again and sends again what it has no answer for. */
  fail(error: unknown): void;
  /** Resolves when the client has been shown the commit. */
  showCommit(ts: CommitTs): Promise<void>;
}

/** Mutations of one connection, one after another in order, and its actions, concurrently. */
export class FunctionRequests {
  sessionId = "";
  readonly #options: FunctionRequestsOptions;
  readonly #queue: FunctionRequest[] = [];
  #isDraining = false;
  #mutation: Promise<void> | null = null;
  #isDisposed = false;

  constructor(options: FunctionRequestsOptions) {
    this.#options = options;
  }

  /** The mutation that runs now, until its response has been sent. Never rejects. */
  get mutation(): Promise<void> | null {
    return this.#mutation;
  }

  enqueueMutation(message: FunctionRequest): void {
    refuseComponents(message);
    this.#queue.push(message);
    if (!this.#isDraining) {
      this.#isDraining = true;
      void this.#drain();
    }
  }

  startAction(message: FunctionRequest): void {
    refuseComponents(message);
    void this.#runAction(message);
  }

  /** Drops what has not started; the client sends it again on its next connection. */
  dispose(): void {
    this.#isDisposed = true;
    this.#queue.length = 0;
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      let shown: Promise<void> | null = null;
      const message = next;
      this.#mutation = this.#runMutation(message).then((ts) => {
        this.#mutation = null;
        shown = ts === null || this.#isDisposed ? null : this.#options.showCommit(ts);
      });
      await this.#mutation;
      await shown;
    }
    this.#isDraining = false;
  }

  /** The commit's timestamp when the mutation succeeded. */
  async #runMutation(message: FunctionRequest): Promise<CommitTs | null> {
    const { requestId } = message;
    const call = this.#call(message);
    if (call === null) {
      return null;
    }
    try {
      const session = { sessionId: this.sessionId, requestId };
      const { outcome, ts } = await this.#options.host.runMutation({ ...call, session });
      const committedAt = ts ?? this.#options.host.store.latestTs;
      const response = responseOf("MutationResponse", requestId, outcome);
      this.#options.send(outcome.ok ? { ...response, ts: encodeTs(committedAt) } : response);
      return outcome.ok ? committedAt : null;
    } catch (error) {
      if (error instanceof SystemError) this.#options.fail(error);
      else this.#options.send(responseOf("MutationResponse", requestId, failure(error)));
      return null;
    }
  }

  async #runAction(message: FunctionRequest): Promise<void> {
    const call = this.#call(message);
    if (call === null) {
      return;
    }
    try {
      const outcome = await this.#options.host.runAction(call);
      this.#options.send(responseOf("ActionResponse", message.requestId, outcome));
    } catch (error) {
      if (error instanceof SystemError) this.#options.fail(error);
      else this.#options.send(responseOf("ActionResponse", message.requestId, failure(error)));
    }
  }

  #call(message: FunctionRequest): FunctionCall | null {
    const identity = this.#options.caller();
    return (
      identity && {
        path: message.udfPath,
        args: message.args[0] ?? {},
        identity,
        visibility: identity.kind === "admin" ? "any" : "public",
        request: { ...this.#options.request, requestId: newRequestId() },
        origin: "SyncWebsocket",
      }
    );
  }
}

function refuseComponents({ componentPath }: FunctionRequest): void {
  if (componentPath) {
    throw new ProtocolError(`Functions of component ${componentPath} cannot be called from outside`);
  }
}

/** Faults of the deployment itself; what a function throws is an outcome. */
function failure(error: unknown): FunctionOutcome {
  console.error(error);
  const errorMessage = error instanceof Error ? error.message : String(error);
  return { ok: false, errorMessage, logLines: [] };
}

function responseOf(
  type: "MutationResponse" | "ActionResponse",
  requestId: number,
  outcome: FunctionOutcome,
) {
  const logLines = outcome.logLines.map(logLineText);
  return outcome.ok
    ? { type, requestId, success: true, result: outcome.value, logLines }
    : {
        type,
        requestId,
        success: false,
        result: outcome.errorMessage,
        logLines,
        errorData: outcome.errorData,
      };
}
