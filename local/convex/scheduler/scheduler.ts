import { randomBytes } from "node:crypto";
import { canonicalPath, findFunction } from "../host/deployment.ts";
import type { Executor } from "../host/executor.ts";
import { SystemError } from "../host/systemError.ts";
import type { FunctionCall } from "../host/types.ts";
import type { QueryJson, ReadSet } from "../store/types.ts";
import { finishJob, type Job, jobOf, jobTable, readJob } from "./jobs.ts";

const interruptedText = "Transient error while executing action";
const keptMs = 7 * 24 * 60 * 60_000;
const cleanUpEveryMs = 60 * 60_000;
const cleanUpBatch = 500;
const maxTimerMs = 24 * 60 * 60_000;
const maxBackoffMs = 60_000;

/** Runs the jobs of `_scheduled_functions` when they are due, at most `parallelism` at once. */
export class Scheduler {
  readonly #executor: Executor;
  readonly #parallelism: number;
  /** Jobs that run or wait out a back-off, by id. */
  readonly #running = new Map<string, Promise<void>>();
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #cleanUpTimer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;
  /** What the last look at the queue has read: only commits that touch it can change what is due next. */
  #lastRead: ReadSet | null = null;
  #looking: Promise<void> | null = null;
  #mustLookAgain = false;

  constructor(executor: Executor, parallelism: number) {
    this.#executor = executor;
    this.#parallelism = parallelism;
  }

  async start(): Promise<void> {
    const { store } = this.#executor;
    await this.#failInterrupted();
    this.#unsubscribe = store.onCommit(({ writes }) => {
      if (this.#lastRead === null || this.#lastRead.intersects(writes)) this.#look();
    });
    this.#cleanUpTimer = setInterval(() => this.#cleanUp(), cleanUpEveryMs);
    this.#cleanUpTimer.unref();
    this.#look();
  }

  /** Starts no more jobs. Mutations that run are waited for; actions are left to fail at the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#cleanUpTimer);
    this.#unsubscribe?.();
    await this.#looking;
  }

  /** Actions run at most once: what was in progress when the process ended has failed. */
  async #failInterrupted(): Promise<void> {
    await this.#executor.store.transact((writer) => {
      const next = writer.stream(jobsIn("inProgress"));
      const interrupted: Job[] = [];
      for (let read = next(); read !== null; read = next()) interrupted.push(jobOf(read));
      for (const job of interrupted) finishJob(writer, job._id, interruptedText);
    });
  }

  #look(): void {
    if (this.#isStopped) return;
    this.#mustLookAgain = true;
    this.#looking ??= this.#lookUntilQuiet()
      .catch((error: unknown) => {
        console.error("The scheduled functions could not be read.", error);
        this.#timer = setTimeout(() => this.#look(), maxBackoffMs);
      })
      .finally(() => {
        this.#looking = null;
      });
  }

  async #lookUntilQuiet(): Promise<void> {
    while (this.#mustLookAgain && !this.#isStopped) {
      this.#mustLookAgain = false;
      const { due, nextTime } = await this.#readQueue();
      clearTimeout(this.#timer);
      if (this.#isStopped) return;
      for (const job of due) this.#start(job);
      if (nextTime !== null) {
        this.#timer = setTimeout(
          () => this.#look(),
          Math.min(Math.max(0, nextTime - Date.now()), maxTimerMs),
        );
      }
    }
  }

  #readQueue(): Promise<{ due: Job[]; nextTime: number | null }> {
    return this.#executor.store.read((reader) => {
      const due: Job[] = [];
      let nextTime: number | null = null;
      const now = Date.now();
      const next = reader.stream(jobsIn("pending"));
      for (let read = next(); read !== null; read = next()) {
        const job = jobOf(read);
        if (this.#running.has(job._id)) continue;
        if (job.scheduledTime > now) {
          nextTime = job.scheduledTime;
          break;
        }
        // The end of a running job looks again.
        if (this.#running.size + due.length >= this.#parallelism) break;
        due.push(job);
      }
      this.#lastRead = reader.readSet;
      return { due, nextTime };
    });
  }

  #start(job: Job): void {
    const run = this.#runWithRetries(job).finally(() => {
      this.#running.delete(job._id);
      this.#look();
    });
    this.#running.set(job._id, run);
  }

  /** Failures of the function are results; what is retried here are failures of the deployment itself. */
  async #runWithRetries(job: Job): Promise<void> {
    for (let backoffMs = 100; !this.#isStopped; backoffMs = Math.min(2 * backoffMs, maxBackoffMs)) {
      try {
        return await this.#run(job);
      } catch (error) {
        if (this.#isStopped) return;
        console.error(
          `Scheduled function ${job.name} could not be run; trying again in ${backoffMs} ms.`,
          error,
        );
        await new Promise((resolve) => setTimeout(resolve, backoffMs));
      }
    }
  }

  #run(job: Job): Promise<void> {
    const entry = findFunction(this.#executor.deployment, job.name);
    return entry?.type === "Action" ? this.#runAction(job) : this.#runMutation(job);
  }

  /** The function and the record of its end commit together: exactly once. */
  async #runMutation(job: Job): Promise<void> {
    await this.#executor.transact(canonicalPath(job.name), async (writer) => {
      if (readJob(writer, job._id)?.state.kind !== "pending") return;
      const outcome = await this.#executor.runScheduledMutation(writer, callOf(job), job._id);
      finishJob(writer, job._id, outcome.ok ? null : outcome.errorMessage);
    });
  }

  async #runAction(job: Job): Promise<void> {
    const { store } = this.#executor;
    const claim = await store.transact((writer) => {
      if (readJob(writer, job._id)?.state.kind !== "pending") return false;
      writer.patch(job._id, { state: { kind: "inProgress" } }, jobTable);
      return true;
    });
    if (!claim.result) return;
    const failure = await this.#actionFailure(job);
    await store.transact((writer) => {
      // A job that was cancelled while it ran stays cancelled.
      if (readJob(writer, job._id)?.state.kind !== "inProgress") return;
      finishJob(writer, job._id, failure);
    });
  }

  /** The error text of a run that failed; null when it succeeded. An action is not run again, whatever ended it. */
  async #actionFailure(job: Job): Promise<string | null> {
    try {
      const outcome = await this.#executor.runAction(callOf(job), job._id);
      return outcome.ok ? null : outcome.errorMessage;
    } catch (error) {
      if (error instanceof SystemError) return interruptedText;
      throw error;
    }
  }

  /** Deletes jobs that ended more than seven days ago. */
  #cleanUp(): void {
    const { store } = this.#executor;
    const before = Date.now() - keptMs;
    const removed = store.transact((writer) => {
      for (const kind of ["success", "failed", "canceled"] as const) {
        const next = writer.stream(jobsIn(kind));
        const old: string[] = [];
        for (let read = next(); read !== null && old.length < cleanUpBatch; read = next()) {
          const job = jobOf(read);
          if (job.scheduledTime > before) break;
          if ((job.completedTime ?? job.scheduledTime) < before) old.push(job._id);
        }
        for (const id of old) writer.delete(id, jobTable);
      }
    });
    removed.catch((error: unknown) => console.error("Old scheduled functions could not be deleted.", error));
  }
}

function jobsIn(kind: Job["state"]["kind"]): QueryJson {
  return {
    source: {
      type: "IndexRange",
      indexName: `${jobTable}.by_state_and_time`,
      range: [{ type: "Eq", fieldPath: "state.kind", value: kind }],
      order: "asc",
    },
    operators: [],
  };
}

function callOf(job: Job): FunctionCall {
  return {
    path: job.name,
    args: job.args[0] ?? {},
    identity: { kind: "none" },
    visibility: "any",
    request: { ip: null, userAgent: null, requestId: randomBytes(8).toString("hex") },
    origin: "Scheduler",
  };
}
