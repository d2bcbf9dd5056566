import { cancelJob, scheduleJob } from "../scheduler/jobs.ts";
import type { ConvexObject } from "../store/types.ts";
import { addressedPath, type FunctionAddress, type FunctionType } from "./deployment.ts";
import { argumentsOf, type Operation, parseArguments, type ValueOperation } from "./operation.ts";
import { schedulableFunction } from "./schedulableFunction.ts";

/** The functions that actions and HTTP actions call. */
export const callOperations: Record<string, ValueOperation> = {
  "1.0/actions/query": runAs("Query"),
  "1.0/actions/mutation": runAs("Mutation"),
  "1.0/actions/action": runAs("Action"),
};

/** What else they can do. */
export const actionOperations: Record<string, Operation> = {
  "1.0/actions/schedule": async ({ executor, caller }, json) => {
    const { ts, args, ...address } = parseArguments<FunctionAddress & { ts: number; args: ConvexObject }>(
      json,
    );
    const { store } = executor;
    const entry = schedulableFunction(executor, addressedPath(address), args);
    const parentId = caller.scheduledFunctionId;
    const job = { name: entry.udfPath, args, runAt: ts * 1000, parentId };
    const commit = await store.transact((writer) => scheduleJob(writer, job));
    return JSON.stringify(commit.result);
  },
  "1.0/actions/cancel_job": async ({ executor }, json) => {
    const { id } = parseArguments<{ id: string }>(json);
    await executor.store.transact((writer) => cancelJob(writer, id));
    return "null";
  },
};

function runAs(type: FunctionType): ValueOperation {
  return (invocation, argument) => {
    const { args, ...address } = argumentsOf<FunctionAddress & { args: ConvexObject }>(argument);
    return invocation.executor.callFromAction(invocation, { type, path: addressedPath(address), args });
  };
}
