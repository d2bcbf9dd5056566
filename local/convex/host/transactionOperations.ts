import { cancelJob, scheduleJob } from "../scheduler/jobs.ts";
import type { ConvexObject, TransactionCounts } from "../store/types.ts";
import { jsonLength } from "../values/jsonLength.ts";
import { addressedPath, type FunctionAddress } from "./deployment.ts";
import type { Invocation, TransactionScope } from "./invocation.ts";
import { argumentsOf, type TransactionOperation } from "./operation.ts";
import { schedulableFunction } from "./schedulableFunction.ts";

const maxScheduled = 1000;
const maxScheduledBytes = 16 * 1024 * 1024;

/** What queries and mutations can do besides `ctx.db`. */
export const transactionOperations: Record<string, TransactionOperation> = {
  "1.0/runUdf": (scope, argument, invocation) => {
    const { udfType, args, transactionLimits, ...address } = argumentsOf<
      FunctionAddress & {
        udfType: "query" | "mutation" | "snapshotQuery";
        args: ConvexObject;
        transactionLimits?: Partial<TransactionCounts>;
      }
    >(argument);
    const path = addressedPath(address);
    if (udfType === "snapshotQuery" && scope.reader.counts.documentsWritten > 0) {
      throw new Error(
        "`useStaleSnapshot` after a write of the same mutation is not supported by the embedded deployment; make that call before the first write.",
      );
    }
    if (udfType !== "mutation") {
      return invocation.executor.callInTransaction(invocation, scope, {
        type: "Query",
        path,
        args,
        transactionLimits,
      });
    }
    if (scope.writer === null) throw new Error("A query cannot call a mutation.");
    const running = invocation.executor.callInTransaction(invocation, scope, {
      type: "Mutation",
      path,
      args,
      transactionLimits,
    });
    return blocking(invocation, running);
  },
  "1.0/schedule": (scope, argument, invocation) => {
    const { ts, args, ...address } = argumentsOf<FunctionAddress & { ts: number; args: ConvexObject }>(
      argument,
    );
    const { writer } = scope;
    if (writer === null) throw new Error("A query cannot schedule functions.");
    const entry = schedulableFunction(invocation.executor, addressedPath(address), args);
    scope.scheduledFunctions += 1;
    scope.scheduledBytes += jsonLength(args);
    if (scope.scheduledFunctions > maxScheduled || scope.scheduledBytes > maxScheduledBytes) {
      throw new Error(
        `Too many functions scheduled by this mutation (limits: ${maxScheduled} functions, ${maxScheduledBytes} bytes of arguments).`,
      );
    }
    const parentId = invocation.caller.scheduledFunctionId;
    return scheduleJob(writer, { name: entry.udfPath, args, runAt: ts * 1000, parentId });
  },
  "1.0/cancel_job": ({ writer }, argument, invocation) => {
    const { id } = argumentsOf<{ id: string }>(argument);
    if (writer === null) throw new Error("A query cannot cancel scheduled functions.");
    if (id === invocation.caller.scheduledFunctionId) {
      throw new Error("A scheduled mutation cannot cancel itself.");
    }
    cancelJob(writer, id);
    return null;
  },
  "1.0/getTransactionMetrics": transactionMetrics,
};

/** Holds back the parent's other operations until the nested mutation has ended. */
async function blocking<T>(invocation: Invocation, running: Promise<T>): Promise<T> {
  const settled = running.then(
    () => undefined,
    () => undefined,
  );
  invocation.blockedBy = settled;
  try {
    return await running;
  } finally {
    invocation.blockedBy = null;
  }
}

function transactionMetrics(scope: TransactionScope): Record<string, { used: number; remaining: number }> {
  const { counts, limits } = scope.reader;
  const metric = (used: number, limit: number) => ({ used, remaining: Math.max(0, limit - used) });
  const names: (keyof TransactionCounts)[] = [
    "bytesRead",
    "bytesWritten",
    "databaseQueries",
    "documentsRead",
    "documentsWritten",
  ];
  return {
    ...Object.fromEntries(names.map((name) => [name, metric(counts[name], limits[name])])),
    functionsScheduled: metric(scope.scheduledFunctions, maxScheduled),
    scheduledFunctionArgsBytes: metric(scope.scheduledBytes, maxScheduledBytes),
  };
}
