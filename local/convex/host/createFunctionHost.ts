import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Faults } from "../faults/faults.ts";
import { INLINE_QUERY, withInlineQuery } from "../push/inlineQuery.ts";
import { PushManager } from "../push/pushManager.ts";
import { CronRunner } from "../scheduler/cronRunner.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import { FileStore } from "../storage/fileStore.ts";
import type { Store } from "../store/types.ts";
import { Transfers } from "../transfer/transfers.ts";
import { emptyDeployment } from "./deployment.ts";
import { DEFAULT_CLASS, DEPLOYMENT_CLASSES, type DeploymentClass } from "./deploymentClass.ts";
import { Environment } from "./environment.ts";
import { Executor } from "./executor.ts";
import { FunctionLogBuffer } from "./functionLogs.ts";
import { runHttpAction } from "./httpActions.ts";
import { installConvexGlobal } from "./installConvexGlobal.ts";
import type { FunctionHost } from "./types.ts";

export interface FunctionHostOptions {
  store: Store;
  /** Below it `files/` is made, and `modules/` for the pushed code; inside the project, so that external packages resolve. */
  dataDir: string;
  cloudUrl: string;
  siteUrl: string;
  instanceName: string;
  /** How much runs at once; default the largest. */
  deploymentClass?: DeploymentClass;
  /** Evaluates the modules anew for each call, as Convex does; default false, which is much faster. */
  isStrict?: boolean;
  /** What tests may break; nothing by default. */
  faults?: Faults;
}

/** Runs pushed Convex functions in this process. Restores the active push, and starts scheduler and crons. */
export async function createFunctionHost(options: FunctionHostOptions): Promise<FunctionHost> {
  const { store, deploymentClass = DEFAULT_CLASS, faults = new Faults() } = options;
  faults.attach(store);
  installConvexGlobal();
  const listeners = new Set<() => void>();
  const invalidateAll = () => {
    for (const listener of listeners) listener();
  };
  const env = new Environment(store, options, invalidateAll);
  const logs = new FunctionLogBuffer();
  const files = await FileStore.open({
    store,
    directory: join(options.dataDir, "files"),
    cloudUrl: options.cloudUrl,
  });
  const transfers = await Transfers.open({ store, files, directory: join(options.dataDir, "transfers") });
  let deployment = emptyDeployment;
  const executorOptions = {
    store,
    logs,
    files,
    deploymentClass,
    faults,
    instanceName: options.instanceName,
    deployment: () => deployment,
  };
  const executor = new Executor(executorOptions);
  const scheduler = new Scheduler(executor, DEPLOYMENT_CLASSES[deploymentClass].scheduledJobs);
  const crons = new CronRunner(executor);
  const directory = join(options.dataDir, "modules");
  await rm(directory, { recursive: true, force: true });
  const pushes = new PushManager({
    store,
    env,
    directory,
    isStrict: options.isStrict ?? false,
    activate: (next) => {
      deployment = next;
    },
    onActivated: () => {
      crons.reload();
      invalidateAll();
    },
  });
  await pushes.restore();
  const stopReporting = reportUnhandledRejections();
  await scheduler.start();
  crons.reload();
  return {
    store,
    env,
    pushes,
    logs,
    files,
    transfers,
    runQuery: (call) => executor.runQuery(call),
    runMutation: (call) => executor.runMutation(call),
    runAction: (call) => executor.runAction(call),
    runAny: (call) => executor.runAny(call),
    runInlineQuery: async (source, call) => {
      const extended = await withInlineQuery(deployment, source, { directory, env });
      const inline = new Executor({ ...executorOptions, deployment: () => extended });
      return (await inline.runQuery({ ...call, path: INLINE_QUERY })).outcome;
    },
    runHttpAction: (request, call) => runHttpAction(executor, request, call),
    onInvalidateAll: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get authProviders() {
      return deployment.authProviders;
    },
    close: async () => {
      crons.stop();
      await scheduler.stop();
      files.close();
      stopReporting();
    },
  };
}

/** A promise that user code forgot must not end the process: Convex ends the function and logs the error. */
function reportUnhandledRejections(): () => void {
  const report = (reason: unknown) => {
    console.error("A function left a rejected promise unhandled:", reason);
  };
  process.on("unhandledRejection", report);
  return () => process.off("unhandledRejection", report);
}
