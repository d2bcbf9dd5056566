import { cancelJob, scheduleJob } from "../scheduler/jobs.ts";
import type { ConvexObject } from "../store/types.ts";
import { addressedPath, type FunctionAddress, type FunctionType } from "./deployment.ts";
import { argumentsOf, type Operation } from "./operation.ts";
import { schedulableFunction } from "./schedulableFunction.ts";

/** What actions and HTTP actions can do. */
export const actionOperations: Record<string, Operation> = {
  "1.0/actions/query": runAs("Query"),
  "1.0/actions/mutation": runAs("Mutation"),
  "1.0/actions/action": runAs("Action"),
  "1.0/actions/schedule": async ({ executor, caller }, argument) => {
    const { ts, args, ...address } = argumentsOf<FunctionAddress & { ts: number; args: ConvexObject }>(
      argument,
    );
    const { store } = executor;
    const entry = schedulableFunction(executor, addressedPath(address), args);
    const parentId = caller.scheduledFunctionId;
    const job = { name: entry.udfPath, args, runAt: ts * 1000, parentId };
    const commit = await store.transact((writer) => scheduleJob(writer, job));
    return commit.result;
  },
  "1.0/actions/cancel_job": async ({ executor }, argument) => {
    const { id } = argumentsOf<{ id: string }>(argument);
    await executor.store.transact((writer) => cancelJob(writer, id));
    return null;
  },
};

function runAs(type: FunctionType): Operation {
  return (invocation, argument) => {
    const { args, ...address } = argumentsOf<FunctionAddress & { args: ConvexObject }>(argument);
    return invocation.executor.callFromAction(invocation, { type, path: addressedPath(address), args });
  };
}
