import type { Faults } from "../faults/faults.ts";
import { unlessKilled } from "../faults/unlessKilled.ts";
import type { FileStore } from "../storage/fileStore.ts";
import type { Commit, ConvexJson, Reader, Store, TransactionCounts, Writer } from "../store/types.ts";
import {
  assertType,
  canonicalPath,
  type Deployment,
  type FunctionEntry,
  type FunctionType,
  findFunction,
} from "./deployment.ts";
import { DEPLOYMENT_CLASSES, type DeploymentClass } from "./deploymentClass.ts";
import {
  clientMessage,
  describeFailure,
  type FunctionFailure,
  NestedCallError,
  PlatformError,
} from "./functionErrors.ts";
import type { FunctionLogBuffer } from "./functionLogs.ts";
import {
  type Caller,
  currentInvocation,
  Invocation,
  LogSink,
  newScope,
  readOnly,
  type TransactionScope,
} from "./invocation.ts";
import { PassedArguments, resultValue } from "./passedValues.ts";
import { createPermits, type DeploymentPermits } from "./permits.ts";
import { SystemError, storageFailure } from "./systemError.ts";
import type { FunctionCall, FunctionOutcome, QueryOutcome } from "./types.ts";
import { checkArgs, checkReturns } from "./validateCall.ts";
import { withTimeLimit, withUserTimeLimit } from "./withTimeLimit.ts";

const transactionLimitMs = 1000;
const maxDepth = 8;
const actionLimitMs = { isolate: 30 * 60_000, node: 10 * 60_000 };

export interface ExecutorOptions {
  store: Store;
  instanceName: string;
  deployment: () => Deployment;
  logs: FunctionLogBuffer;
  deploymentClass: DeploymentClass;
  files: FileStore;
  faults: Faults;
}

type Session = { sessionId: string; requestId: number };

/** Runs functions: resolves names, validates, opens transactions, limits time, describes failures, logs. */
export class Executor {
  readonly store: Store;
  readonly instanceName: string;
  readonly logs: FunctionLogBuffer;
  readonly deploymentClass: DeploymentClass;
  readonly permits: DeploymentPermits;
  readonly files: FileStore;
  readonly faults: Faults;
  readonly #deployment: () => Deployment;

  constructor(options: ExecutorOptions) {
    this.store = options.store;
    this.instanceName = options.instanceName;
    this.logs = options.logs;
    this.deploymentClass = options.deploymentClass;
    this.permits = createPermits(DEPLOYMENT_CLASSES[options.deploymentClass]);
    this.files = options.files;
    this.faults = options.faults;
    this.#deployment = options.deployment;
  }

  get deployment(): Deployment {
    return this.#deployment();
  }

  async runQuery(call: FunctionCall & { journal?: string | null }): Promise<QueryOutcome> {
    const caller = newCaller(call);
    const startedAt = performance.now();
    let journal: string | null = null;
    const read = await this.#read(async (reader) => {
      const view = { ts: reader.ts, readSet: reader.readSet };
      try {
        const entry = this.#resolve(call, "Query");
        const scope = newScope(reader, null);
        const invocation = new Invocation(this, "query", entry.path, caller, scope, 0, call.journal ?? null);
        const value = await this.#runInTransaction(invocation, entry, call.args);
        journal = invocation.journal;
        return { ...view, outcome: success(value, caller) };
      } catch (error) {
        return { ...view, outcome: this.#failure(error, caller) };
      }
    });
    this.#log("Query", call.path, caller, { startedAt, outcome: read.outcome });
    return { ...read, journal };
  }

  async runMutation(
    call: FunctionCall & { session?: Session },
  ): Promise<{ outcome: FunctionOutcome; ts: bigint | null }> {
    const { session } = call;
    const caller = newCaller(call);
    const startedAt = performance.now();
    try {
      const entry = this.#resolve(call, "Mutation");
      const commit = await this.transact(entry.path, async (writer) => {
        // The client sends again what it has no answer for: the same call may have committed.
        const done = session && this.store.sessionResult(session.sessionId, session.requestId);
        if (done) return parseOutcome(done);
        caller.log.lines.length = 0;
        const scope = newScope(writer, writer);
        const invocation = new Invocation(this, "mutation", entry.path, caller, scope, 0);
        const outcome = success(await this.#runInTransaction(invocation, entry, call.args), caller);
        if (session) {
          writer.recordSessionResult(session.sessionId, session.requestId, JSON.stringify(outcome));
        }
        return outcome;
      });
      this.#log("Mutation", entry.path, caller, { startedAt, outcome: commit.result });
      return { outcome: commit.result, ts: commit.ts };
    } catch (error) {
      const outcome = this.#failure(error, caller);
      this.#log("Mutation", call.path, caller, { startedAt, outcome });
      if (error instanceof SystemError) throw error;
      return { outcome, ts: null };
    }
  }

  async runAction(call: FunctionCall, scheduledFunctionId: string | null = null): Promise<FunctionOutcome> {
    const caller = { ...newCaller(call), scheduledFunctionId };
    const startedAt = performance.now();
    let outcome: FunctionOutcome;
    let environment: FunctionEntry["environment"] = "isolate";
    try {
      const entry = this.#resolve(call, "Action");
      environment = entry.environment;
      outcome = success(await this.#runAction(entry, call.args, caller), caller);
    } catch (error) {
      outcome = this.#failure(error, caller);
      this.#log("Action", call.path, caller, { startedAt, outcome, environment });
      if (error instanceof SystemError) throw error;
      return outcome;
    }
    this.#log("Action", call.path, caller, { startedAt, outcome, environment });
    return outcome;
  }

  async runAny(call: FunctionCall): Promise<FunctionOutcome> {
    const entry = findFunction(this.deployment, call.path);
    if (entry?.type === "Mutation") return (await this.runMutation(call)).outcome;
    if (entry?.type === "Action") return this.runAction(call);
    return (await this.runQuery(call)).outcome;
  }

  /** A query or mutation called by a query or mutation: in the same transaction; a failed mutation's writes vanish. */
  async callInTransaction(
    parent: Invocation,
    scope: TransactionScope,
    call: {
      type: "Query" | "Mutation";
      path: string;
      args: ConvexJson;
      transactionLimits?: Partial<TransactionCounts>;
    },
  ): Promise<ConvexJson> {
    const { type, path, args, transactionLimits } = call;
    if (parent.depth >= maxDepth) {
      throw new Error(`Functions are nested too deeply: the limit is ${maxDepth} calls in one transaction.`);
    }
    const entry = this.functionAt(path, type);
    const child = new Invocation(
      this,
      type === "Query" ? "query" : "mutation",
      entry.path,
      parent.caller,
      type === "Query" && scope.writer ? readOnly(scope) : scope,
      parent.depth + 1,
    );
    const execute = () => this.#execute(child, entry, args);
    const run = transactionLimits ? () => scope.reader.limited(transactionLimits, execute) : execute;
    try {
      return type === "Mutation" && scope.writer ? await scope.writer.nested(run) : await run();
    } catch (error) {
      throw this.#nestedError(error);
    } finally {
      child.ended = true;
    }
  }

  /** A function called by an action: a transaction, or an action, of its own. */
  async callFromAction(
    parent: Invocation,
    call: { type: FunctionType; path: string; args: ConvexJson },
  ): Promise<ConvexJson> {
    const { type, path, args } = call;
    const entry = this.functionAt(path, type);
    const { identity, request, scheduledFunctionId } = parent.caller;
    const caller = { identity, request, scheduledFunctionId, origin: "Action", log: new LogSink() };
    const startedAt = performance.now();
    try {
      const value = await this.#callFresh(entry, args, caller);
      this.#log(type, entry.path, caller, { startedAt, outcome: null, environment: entry.environment });
      return value;
    } catch (error) {
      const outcome = this.#failure(error, caller);
      this.#log(type, entry.path, caller, { startedAt, outcome, environment: entry.environment });
      throw this.#nestedError(error);
    }
  }

  async #callFresh(entry: FunctionEntry, args: ConvexJson, caller: Caller): Promise<ConvexJson> {
    if (entry.type === "Action") return this.#runAction(entry, args, caller);
    if (entry.type === "Query") {
      return this.#read((reader) =>
        this.#runInTransaction(
          new Invocation(this, "query", entry.path, caller, newScope(reader, null), 0),
          entry,
          args,
        ),
      );
    }
    const commit = await this.transact(entry.path, (writer) => this.#mutate(writer, entry, args, caller));
    return commit.result;
  }

  #mutate(writer: Writer, entry: FunctionEntry, args: ConvexJson, caller: Caller): Promise<ConvexJson> {
    const scope = newScope(writer, writer);
    return this.#runInTransaction(
      new Invocation(this, "mutation", entry.path, caller, scope, 0),
      entry,
      args,
    );
  }

  /** Runs a scheduled mutation as a sub-transaction of `writer`: a failure leaves `writer` usable. */
  async runScheduledMutation(
    writer: Writer,
    call: FunctionCall,
    scheduledFunctionId: string | null,
  ): Promise<FunctionOutcome> {
    const caller = { ...newCaller(call), scheduledFunctionId };
    const startedAt = performance.now();
    let outcome: FunctionOutcome;
    try {
      const entry = this.#resolve(call, "Mutation");
      outcome = success(await writer.nested(() => this.#mutate(writer, entry, call.args, caller)), caller);
    } catch (error) {
      outcome = this.#failure(error, caller);
    }
    this.#log("Mutation", call.path, caller, { startedAt, outcome });
    return outcome;
  }

  /** `store.transact` for the mutation at `path`. */
  transact<T>(path: string, body: (writer: Writer) => Promise<T> | T): Promise<Commit<T>> {
    return this.faults.isOn
      ? this.faults.transact(path, body, (next) => this.#transactOnce(next))
      : this.#transactOnce(body);
  }

  #transactOnce<T>(body: (writer: Writer) => Promise<T> | T): Promise<Commit<T>> {
    return this.permits.mutations
      .run(() => this.store.transact(body))
      .catch((error: unknown) => {
        throw storageFailure(error);
      });
  }

  #read<T>(body: (reader: Reader) => Promise<T>): Promise<T> {
    return this.permits.queries.run(() => this.store.read(body));
  }

  /** The function at a path, of the given type. */
  functionAt(path: string, type: FunctionType): FunctionEntry {
    const entry = findFunction(this.deployment, path);
    if (entry === null) {
      throw new PlatformError(
        `Could not find function for '${canonicalPath(path)}'. Did you forget to run \`npx convex dev\`?`,
      );
    }
    assertType(entry, type);
    return entry;
  }

  describe(error: unknown): FunctionFailure {
    return describeFailure(error, this.deployment.positions);
  }

  #resolve(call: FunctionCall, type: FunctionType): FunctionEntry {
    const entry = findFunction(this.deployment, call.path);
    const isPublicOnly = call.visibility === "public" && call.identity.kind !== "admin";
    if (entry === null || (isPublicOnly && !entry.isPublic)) {
      throw new PlatformError(
        isPublicOnly
          ? `Could not find public function for '${canonicalPath(call.path)}'. Did you forget to run \`npx convex dev\` or \`npx convex deploy\`?`
          : `Could not find function for '${canonicalPath(call.path)}'. Did you forget to run \`npx convex dev\`?`,
      );
    }
    assertType(entry, type);
    return entry;
  }

  async #runInTransaction(
    invocation: Invocation,
    entry: FunctionEntry,
    args: ConvexJson,
  ): Promise<ConvexJson> {
    try {
      return await withUserTimeLimit(this.#execute(invocation, entry, args), transactionLimitMs);
    } finally {
      invocation.ended = true;
      invocation.caller.log.counts = invocation.scope?.reader.counts ?? null;
    }
  }

  #runAction(entry: FunctionEntry, args: ConvexJson, caller: Caller): Promise<ConvexJson> {
    const permits = entry.environment === "node" ? this.permits.nodeActions : this.permits.actions;
    return permits.run(() => this.#runPermittedAction(entry, args, caller));
  }

  async #runPermittedAction(entry: FunctionEntry, args: ConvexJson, caller: Caller): Promise<ConvexJson> {
    const invocation = new Invocation(this, "action", entry.path, caller, null, 0);
    if (this.faults.isOn) invocation.killSwitch = this.faults.killSwitch(entry.path);
    try {
      const run = unlessKilled(invocation.killSwitch, () => this.#execute(invocation, entry, args));
      return await withTimeLimit(run, actionLimitMs[entry.environment]);
    } finally {
      invocation.ended = true;
    }
  }

  async #execute(invocation: Invocation, entry: FunctionEntry, args: ConvexJson): Promise<ConvexJson> {
    checkArgs(entry, args, this.store);
    const invoke = () => entry.invoke(invocation.caller.request.requestId, new PassedArguments([args]));
    const result = await (entry.environment === "node"
      ? currentInvocation.runWithCallbacks(invocation, invoke)
      : currentInvocation.run(invocation, invoke));
    const value = resultValue(result);
    checkReturns(entry, value, this.store);
    return value;
  }

  #nestedError(error: unknown): Error {
    return new NestedCallError(this.describe(error));
  }

  #failure(error: unknown, caller: Caller): FunctionOutcome {
    const failure = this.describe(error);
    const errorMessage = clientMessage(caller.request.requestId, failure);
    const logLines = caller.log.lines;
    return failure.data === undefined
      ? { ok: false, errorMessage, logLines }
      : { ok: false, errorMessage, errorData: failure.data, logLines };
  }

  #log(
    udfType: FunctionType,
    path: string,
    caller: Caller,
    run: { startedAt: number; outcome: FunctionOutcome | null; environment?: FunctionEntry["environment"] },
  ): void {
    const duration = performance.now() - run.startedAt;
    this.logs.add({
      udfType,
      identifier: path,
      logLines: caller.log.lines,
      startedAt: Date.now() - duration,
      duration,
      error: run.outcome === null || run.outcome.ok ? null : run.outcome.errorMessage,
      httpStatus: null,
      requestId: caller.request.requestId,
      caller: caller.origin,
      identityType: caller.identity.kind,
      environment: run.environment ?? "isolate",
      counts: caller.log.counts,
    });
  }
}

function newCaller(call: FunctionCall): Caller {
  return {
    identity: call.identity,
    request: call.request,
    origin: call.origin ?? "HttpApi",
    scheduledFunctionId: null,
    log: new LogSink(),
  };
}

function success(value: ConvexJson, caller: Caller): FunctionOutcome {
  return { ok: true, value, logLines: caller.log.lines };
}

/** Session results come from `success`. */
function parseOutcome(text: string): FunctionOutcome {
  return JSON.parse(text) as FunctionOutcome;
}
