import { storageOperations } from "../storage/storageOperations.ts";
import type { ConvexJson, QueryJson } from "../store/types.ts";
import { actionOperations } from "./actionOperations.ts";
import { databaseOperations } from "./databaseOperations.ts";
import { addressedPath, type FunctionAddress, findFunction, functionHandle } from "./deployment.ts";
import type { Invocation } from "./invocation.ts";
import { argumentsOf, type Operation } from "./operation.ts";
import { transactionOperations } from "./transactionOperations.ts";

const unsupported: Record<string, string> = {
  "1.0/actions/vectorSearch": "Vector search (ctx.vectorSearch)",
  "1.0/signJwt": "ctx.auth.signJwt",
  "1.0/createServiceToken": "Convex-managed services",
  "1.0/getServiceUrl": "Convex-managed services",
  "1.0/componentArgument": "Components",
};

const sharedOperations: Record<string, Operation> = {
  ...storageOperations,
  "1.0/getUserIdentity": ({ caller: { identity } }) => {
    switch (identity.kind) {
      case "user":
        return structuredClone(identity.attributes);
      case "admin":
        return structuredClone(identity.actingAs);
      case "none":
        return null;
      case "invalid":
        throw new Error(identity.message);
    }
  },
  // Convex sends it to log streams; here it stands in the function's log.
  "1.0/auditLog": (invocation, argument) => {
    if (invocation.scope === null) throw unknownOperation("1.0/auditLog");
    invocation.caller.log.add("INFO", ["[audit]", argumentsOf<{ body: unknown }>(argument).body]);
    return null;
  },
  "1.0/getFunctionMetadata": ({ name }) => ({ name, componentPath: "" }),
  "1.0/getDeploymentMetadata": ({ executor }) => ({
    name: executor.instanceName,
    region: null,
    class: executor.deploymentClass,
  }),
  "1.0/getRequestMetadata": (invocation) => {
    const { request, identity, scheduledFunctionId } = invocation.caller;
    if (invocation.kind === "query") throw unknownOperation("1.0/getRequestMetadata");
    return {
      ip: request.ip,
      userAgent: request.userAgent,
      requestId: request.requestId,
      scheduledFunctionId,
      authToken: identity.kind === "user" ? identity.token : null,
    };
  },
  "1.0/createFunctionHandle": ({ executor }, argument) => {
    const path = addressedPath(argumentsOf<FunctionAddress>(argument));
    const entry = findFunction(executor.deployment, path);
    if (entry === null) throw new Error(`Could not find function for '${path}'.`);
    return functionHandle(entry);
  },
};

/** Throws, or rejects, with what the library rethrows into user code. */
export function asyncSyscall(
  invocation: Invocation,
  op: string,
  argument: unknown,
): ConvexJson | Promise<ConvexJson> {
  const { scope } = invocation;
  if (scope === null) {
    const operation = actionOperations[op] ?? sharedOperations[op];
    if (operation) return operation(invocation, argument);
  } else {
    if (invocation.blockedBy !== null) return afterNested(invocation, op, argument);
    const operation = databaseOperations[op] ?? transactionOperations[op];
    if (operation) return operation(scope, argument, invocation);
    const shared = sharedOperations[op];
    if (shared) return shared(invocation, argument);
  }
  throw unknownOperation(op);
}

async function afterNested(invocation: Invocation, op: string, argument: unknown): Promise<ConvexJson> {
  await invocation.blockedBy;
  return asyncSyscall(invocation, op, argument);
}

/** The few operations that `convex/server` calls synchronously, all of them on a transaction. */
export function syncSyscall(invocation: Invocation, op: string, argument: unknown): ConvexJson {
  const { scope } = invocation;
  if (scope !== null) {
    switch (op) {
      case "1.0/queryStream":
        return { queryId: invocation.openStream(scope.reader.stream(knownQuery(argument))) };
      case "1.0/queryCleanup":
        return invocation.closeStream(argumentsOf<{ queryId: number }>(argument).queryId);
      case "1.0/db/normalizeId": {
        const { table, idString } = argumentsOf<{ table: string; idString: string }>(argument);
        return { id: scope.reader.normalizeId(table, idString) };
      }
      case "1.0/getSnapshotTs": {
        const bytes = Buffer.alloc(8);
        bytes.writeBigInt64LE(scope.reader.ts);
        return { $integer: bytes.toString("base64") };
      }
    }
  }
  throw unknownOperation(op);
}

const QUERIES_MAX = 1000;
const QUERY_LENGTH_MAX = 1000;
/** Every request asks the same few queries: what was worked out for one is known by its object. Nobody changes what is in here. */
const queries = new Map<string, QueryJson>();

function knownQuery(argument: unknown): QueryJson {
  const { query } = argumentsOf<{ query: QueryJson }>(argument);
  const text = JSON.stringify(query);
  const known = queries.get(text);
  if (known !== undefined) return known;
  if (queries.size === QUERIES_MAX) queries.clear();
  if (text.length <= QUERY_LENGTH_MAX) queries.set(text, query);
  return query;
}

function unknownOperation(op: string): Error {
  const feature = unsupported[op];
  if (feature === undefined) return new Error(`Unknown async operation ${op}`);
  return new Error(
    `${feature} is not supported by the embedded deployment; use a real Convex deployment for it.`,
  );
}
