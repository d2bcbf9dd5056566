/** What the function host offers to the APIs (HTTP, WebSocket, scheduler). */
import type { FileStore } from "../storage/fileStore.ts";
import type { CommitTs, ConvexJson, ReadSet, Store } from "../store/types.ts";
import type { Transfers } from "../transfer/transfers.ts";

/** The caller. `attributes` is the identity object that `ctx.auth.getUserIdentity()` returns. */
export type Identity =
  | { kind: "admin"; actingAs: ConvexObjectIdentity | null }
  | { kind: "user"; attributes: ConvexObjectIdentity; token: string }
  /** No credentials at all. */
  | { kind: "none" }
  /** A bearer value that is not a valid token: tolerated by HTTP actions, where reading the identity throws. */
  | { kind: "invalid"; message: string };
export type ConvexObjectIdentity = {
  tokenIdentifier: string;
  issuer: string;
  subject: string;
  [claim: string]: ConvexJson;
};

export interface RequestMetadata {
  ip: string | null;
  userAgent: string | null;
  requestId: string;
}

export interface FunctionCall {
  /** `dir/module:export`; `:default` when no export is named; a `.js` suffix on the module is allowed. */
  path: string;
  /** The one argument object. */
  args: ConvexJson;
  identity: Identity;
  /** "public": internal and missing functions answer "Could not find public function". Admins may call all. */
  visibility: "public" | "any";
  request: RequestMetadata;
  /** What started the call, for the function logs; default "HttpApi". */
  origin?: string;
}

export interface LogLine {
  level: "LOG" | "DEBUG" | "INFO" | "WARN" | "ERROR";
  /** Rendered as Node's util.inspect does; strings in single quotes. */
  messages: string[];
  timestamp: number;
}

export type FunctionOutcome =
  | { ok: true; value: ConvexJson; logLines: LogLine[] }
  /** `errorData` is present exactly when a ConvexError was thrown. */
  | { ok: false; errorMessage: string; errorData?: ConvexJson; logLines: LogLine[] };

export interface QueryOutcome {
  outcome: FunctionOutcome;
  ts: CommitTs;
  readSet: ReadSet;
  /** End cursor of a paginated query, to be passed back on re-runs. */
  journal: string | null;
}

export interface FunctionHost {
  readonly store: Store;
  runQuery(call: FunctionCall & { journal?: string | null }): Promise<QueryOutcome>;
  /** With `session`, the result is remembered in the same commit and replayed when the same call comes again. */
  runMutation(
    call: FunctionCall & { session?: { sessionId: string; requestId: number } },
  ): Promise<{ outcome: FunctionOutcome; ts: CommitTs | null }>;
  runAction(call: FunctionCall): Promise<FunctionOutcome>;
  /** Any function type, chosen by the function itself (`convex run`). */
  runAny(call: FunctionCall): Promise<FunctionOutcome>;
  /** Runs the query that a module's source exports, which sees the deployment's data and is not kept. */
  runInlineQuery(source: string, call: Omit<FunctionCall, "path">): Promise<FunctionOutcome>;
  /**
   * Runs the HTTP router. Never rejects: an uncaught error is a 500 response. Bodies that are no streams have a
   * `content-length`. The caller reads `response.body` through `getReader()` and calls `finish` when it has, or when
   * it never will: from then on the action's operations fail.
   */
  runHttpAction(
    request: Request,
    options: { identity: Identity; request: RequestMetadata },
  ): Promise<{ response: Response; finish: () => void }>;
  /** Environment variables of the deployment, as functions see them. */
  readonly env: EnvironmentVariables;
  readonly pushes: PushApi;
  readonly logs: FunctionLogs;
  /** The files of `ctx.storage`. */
  readonly files: FileStore;
  /** Exports and imports of whole tables. */
  readonly transfers: Transfers;
  /** Called when every subscription must re-run: environment change, push. */
  onInvalidateAll(listener: () => void): () => void;
  /** Auth providers of the active push (`auth.config.ts`). */
  readonly authProviders: AuthProvider[];
  close(): Promise<void>;
}

export interface EnvironmentVariables {
  list(): { name: string; value: string }[];
  /** `value: null` removes. Throws on bad names and on Convex's limits. Invalidates all subscriptions. */
  update(changes: { name: string; value: string | null }[]): Promise<void>;
}

export type AuthProvider =
  | { applicationID: string; domain: string }
  | { type: "customJwt"; issuer: string; jwks: string; algorithm: "RS256" | "ES256"; applicationID?: string };

/** The bodies are those of convex-protocol §c; all functions answer the JSON to send, or throw `PushError`. */
export interface PushApi {
  configHashes(body: unknown): Promise<unknown>;
  startPush(body: unknown): Promise<unknown>;
  evaluatePush(body: unknown): Promise<unknown>;
  waitForSchema(body: unknown): Promise<unknown>;
  finishPush(body: unknown): Promise<unknown>;
  /** Analysed functions, for `function-spec` and for route errors. */
  functionSpec(): unknown[];
}
/** A push that cannot be accepted; `code` as the CLI expects it. */
export class PushError extends Error {
  constructor(
    readonly status: 400 | 500,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface FunctionLogs {
  /** Entries after `cursor` (at once if there are any, else after `timeoutMs`), as `stream_function_logs` answers. */
  stream(
    cursor: number,
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<{ entries: unknown[]; newCursor: number }>;
}
