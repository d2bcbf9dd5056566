import type { ConvexObject, ReadDocument, Writer } from "../store/types.ts";

export const jobTable = "_scheduled_functions";

/** A document of `_scheduled_functions`. */
export interface Job {
  _id: string;
  /** `dir/module.js:export`. */
  name: string;
  args: ConvexObject[];
  /** Milliseconds since the epoch. */
  scheduledTime: number;
  completedTime?: number;
  state: { kind: "pending" | "inProgress" | "success" | "canceled" } | { kind: "failed"; error: string };
}

/** Stores documents of this table; their shape is fixed by `scheduleJob` and `finishJob`. */
export function jobOf(read: ReadDocument): Job {
  return JSON.parse(read.json) as Job;
}

export function readJob(writer: Writer, id: string): Job | null {
  const read = writer.get(id, jobTable);
  return read && jobOf(read);
}

/** Adds a job and returns its id. What a cancelled job schedules is cancelled with it. */
export function scheduleJob(
  writer: Writer,
  job: { name: string; args: ConvexObject; runAt: number; parentId: string | null },
): string {
  const parent = job.parentId === null ? null : readJob(writer, job.parentId);
  const isCanceled = parent?.state.kind === "canceled";
  return writer.insert(jobTable, {
    name: job.name,
    args: [job.args],
    scheduledTime: job.runAt,
    state: { kind: isCanceled ? "canceled" : "pending" },
    ...(isCanceled ? { completedTime: Date.now() } : {}),
  });
}

/** Cancels a job that has not ended; one in progress runs on, but what it schedules is cancelled. */
export function cancelJob(writer: Writer, id: string): void {
  const job = readJob(writer, id);
  if (job?.state.kind !== "pending" && job?.state.kind !== "inProgress") return;
  writer.patch(id, { state: { kind: "canceled" }, completedTime: Date.now() }, jobTable);
}

/** Records how a job ended; `error` is null on success. */
export function finishJob(writer: Writer, id: string, error: string | null): void {
  const state: ConvexObject = error === null ? { kind: "success" } : { kind: "failed", error };
  writer.patch(id, { state, completedTime: Date.now() }, jobTable);
}
