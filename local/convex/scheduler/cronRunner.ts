import { randomBytes } from "node:crypto";
import { canonicalPath, findFunction } from "../host/deployment.ts";
import type { Executor } from "../host/executor.ts";
import type { FunctionCall } from "../host/types.ts";
import { advanceCron, type CronJob, readCronJobs } from "./cronJobs.ts";

const maxTimerMs = 24 * 60 * 60_000;
const retryMs = 1000;

/** Runs the crons of the active push: each one at a time, what was missed is skipped. */
export class CronRunner {
  readonly #executor: Executor;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #running = new Set<string>();
  #isStopped = false;

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  /** Reads the stored crons anew, after a push or a start. */
  reload(): void {
    this.#clear();
    for (const name of Object.keys(readCronJobs(this.#executor.store))) this.#arm(name);
  }

  stop(): void {
    this.#isStopped = true;
    this.#clear();
  }

  #clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #arm(name: string, minDelayMs = 0): void {
    const job = readCronJobs(this.#executor.store)[name];
    if (job === undefined || this.#isStopped) return;
    const delay = Math.min(Math.max(minDelayMs, job.nextRun - Date.now()), maxTimerMs);
    clearTimeout(this.#timers.get(name));
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#tick(name, job).then(
          () => this.#arm(name),
          (error: unknown) => {
            if (this.#isStopped) return;
            console.error(`Cron job "${name}" could not be run.`, error);
            this.#arm(name, retryMs);
          },
        );
      }, delay),
    );
  }

  async #tick(name: string, job: CronJob): Promise<void> {
    if (job.nextRun > Date.now()) return;
    const { store, deployment } = this.#executor;
    if (findFunction(deployment, job.spec.name)?.type !== "Action") {
      await this.#executor.transact(canonicalPath(job.spec.name), async (writer) => {
        if (!advanceCron(writer, name, job, Date.now())) return;
        await this.#executor.runScheduledMutation(writer, callOf(job), null);
      });
      return;
    }
    const advanced = await store.transact((writer) => advanceCron(writer, name, job, Date.now()));
    // An action that still runs makes this run a skipped one.
    if (!advanced.result || this.#running.has(name)) return;
    this.#running.add(name);
    this.#executor
      .runAction(callOf(job))
      .finally(() => this.#running.delete(name))
      .catch((error: unknown) => console.error(`Cron job "${name}" failed.`, error));
  }
}

function callOf({ spec }: CronJob): FunctionCall {
  return {
    path: spec.name,
    args: spec.args[0] ?? {},
    identity: { kind: "none" },
    visibility: "any",
    request: { ip: null, userAgent: null, requestId: randomBytes(8).toString("hex") },
    origin: "Cron",
  };
}
