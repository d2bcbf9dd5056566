import { storageOperations } from "../storage/storageOperations.ts";
import type { ConvexJson, QueryJson } from "../store/types.ts";
import { actionOperations, callOperations } from "./actionOperations.ts";
import { databaseOperations } from "./databaseOperations.ts";
import { addressedPath, type FunctionAddress, findFunction, functionHandle } from "./deployment.ts";
import type { Invocation, TransactionScope } from "./invocation.ts";
import { argumentsOf, type Operation, parseArguments } from "./operation.ts";
import { nestedCallOperations, transactionOperations } from "./transactionOperations.ts";

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
        return JSON.stringify(identity.attributes);
      case "admin":
        return JSON.stringify(identity.actingAs);
      case "none":
        return "null";
      case "invalid":
        throw new Error(identity.message);
    }
  },
  // Convex sends it to log streams; here it stands in the function's log.
  "1.0/auditLog": (invocation, json) => {
    if (invocation.scope === null) throw unknownOperation("1.0/auditLog");
    invocation.caller.log.add("INFO", ["[audit]", parseArguments<{ body: unknown }>(json).body]);
    return "null";
  },
  "1.0/getFunctionMetadata": ({ name }) => JSON.stringify({ name, componentPath: "" }),
  "1.0/getDeploymentMetadata": ({ executor }) =>
    JSON.stringify({ name: executor.instanceName, region: null, class: executor.deploymentClass }),
  "1.0/getRequestMetadata": (invocation) => {
    const { request, identity, scheduledFunctionId } = invocation.caller;
    if (invocation.kind === "query") throw unknownOperation("1.0/getRequestMetadata");
    return JSON.stringify({
      ip: request.ip,
      userAgent: request.userAgent,
      requestId: request.requestId,
      scheduledFunctionId,
      authToken: identity.kind === "user" ? identity.token : null,
    });
  },
  "1.0/createFunctionHandle": ({ executor }, json) => {
    const path = addressedPath(parseArguments<FunctionAddress>(json));
    const entry = findFunction(executor.deployment, path);
    if (entry === null) throw new Error(`Could not find function for '${path}'.`);
    return JSON.stringify(functionHandle(entry));
  },
};

/** JSON text of the argument, or the argument itself (see `libraryValues.ts`): the answer comes in the same form. */
export type SyscallArgument = string | object;

/** Throws, or rejects, with what the library rethrows into user code. */
export function asyncSyscall(invocation: Invocation, op: string, argument: SyscallArgument): unknown {
  if (invocation.blockedBy !== null) return afterNested(invocation, op, argument);
  const isText = typeof argument === "string";
  const answer = valueSyscall(invocation, op, argument);
  if (answer !== undefined) return isText ? asText(answer) : answer;
  return isText
    ? textSyscall(invocation, op, argument)
    : parsed(textSyscall(invocation, op, JSON.stringify(argument)));
}

async function afterNested(invocation: Invocation, op: string, argument: SyscallArgument): Promise<unknown> {
  await invocation.blockedBy;
  return asyncSyscall(invocation, op, argument);
}

/** Undefined: no operation on values has that name. */
function valueSyscall(
  invocation: Invocation,
  op: string,
  argument: SyscallArgument,
): ConvexJson | Promise<ConvexJson> | undefined {
  const { scope } = invocation;
  if (scope === null) return callOperations[op]?.(invocation, parsedArgument(argument));
  const operation = databaseOperations[op] ?? nestedCallOperations[op];
  return operation?.(scope, parsedArgument(argument), invocation);
}

function textSyscall(invocation: Invocation, op: string, json: string): string | Promise<string> {
  const { scope } = invocation;
  const shared = sharedOperations[op];
  if (shared) return shared(invocation, json);
  if (scope === null) {
    const operation = actionOperations[op];
    if (operation) return operation(invocation, json);
  } else {
    const operation = transactionOperations[op];
    if (operation) return operation(scope, json, invocation);
  }
  throw unknownOperation(op);
}

function parsedArgument(argument: SyscallArgument): unknown {
  return typeof argument === "string" ? JSON.parse(argument) : argument;
}

function asText(answer: ConvexJson | Promise<ConvexJson>): string | Promise<string> {
  return answer instanceof Promise ? answer.then((value) => JSON.stringify(value)) : JSON.stringify(answer);
}

function parsed(json: string | Promise<string>): unknown {
  return typeof json === "string" ? JSON.parse(json) : json.then((text) => JSON.parse(text));
}

/** The few operations that `convex/server` calls synchronously, all of them on a transaction. */
export function syncSyscall(invocation: Invocation, op: string, argument: SyscallArgument): unknown {
  const { scope } = invocation;
  if (scope === null) throw unknownOperation(op);
  const answer = syncValueSyscall(invocation, scope, op, argument);
  return typeof argument === "string" ? JSON.stringify(answer) : answer;
}

function syncValueSyscall(
  invocation: Invocation,
  { reader }: TransactionScope,
  op: string,
  argument: SyscallArgument,
): ConvexJson {
  switch (op) {
    case "1.0/queryStream": {
      const { query } = parsedQuery(typeof argument === "string" ? argument : JSON.stringify(argument));
      return { queryId: invocation.openStream(reader.stream(query)) };
    }
    case "1.0/queryCleanup": {
      const { queryId } = argumentsOf<{ queryId: number }>(parsedArgument(argument));
      return invocation.closeStream(queryId);
    }
    case "1.0/db/normalizeId": {
      const { table, idString } = argumentsOf<{ table: string; idString: string }>(parsedArgument(argument));
      return { id: reader.normalizeId(table, idString) };
    }
    case "1.0/getSnapshotTs": {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(reader.ts);
      return { $integer: bytes.toString("base64") };
    }
    default:
      throw unknownOperation(op);
  }
}

const QUERIES_MAX = 1000;
const QUERY_LENGTH_MAX = 1000;
/** Every request asks the same few queries, so short ones are parsed once. Nobody changes what is in here. */
const queries = new Map<string, { query: QueryJson }>();

function parsedQuery(json: string): { query: QueryJson } {
  let parsed = queries.get(json);
  if (parsed === undefined) {
    parsed = parseArguments<{ query: QueryJson }>(json);
    if (queries.size === QUERIES_MAX) queries.clear();
    if (json.length <= QUERY_LENGTH_MAX) queries.set(json, parsed);
  }
  return parsed;
}

function unknownOperation(op: string): Error {
  const feature = unsupported[op];
  if (feature === undefined) return new Error(`Unknown async operation ${op}`);
  return new Error(
    `${feature} is not supported by the embedded deployment; use a real Convex deployment for it.`,
  );
}
