import type { CronSpec } from "../host/deployment.ts";
import type { Store, Writer } from "../store/types.ts";
import { nextRun } from "./nextRun.ts";

const stateKey = "cronJobs";

export interface CronJob {
  spec: CronSpec;
  /** Milliseconds since the epoch. */
  nextRun: number;
}
export interface CronDiff {
  added: string[];
  updated: string[];
  deleted: string[];
}

/** Crons by name, as kept in the store. */
export function readCronJobs(source: Pick<Store, "getState">): Record<string, CronJob> {
  return JSON.parse(source.getState(stateKey) ?? "{}") as Record<string, CronJob>;
}

/** Makes the stored crons those of a push. A cron whose spec did not change keeps its next run. */
export function reconcileCrons(writer: Writer, specs: ReadonlyMap<string, CronSpec>, now: number): CronDiff {
  const previous = readCronJobs(writer);
  const next: Record<string, CronJob> = {};
  const diff: CronDiff = { added: [], updated: [], deleted: [] };
  for (const [name, spec] of specs) {
    const known = previous[name];
    if (known !== undefined && JSON.stringify(known.spec) === JSON.stringify(spec)) {
      next[name] = known;
      continue;
    }
    // An interval runs at once when it is deployed.
    next[name] = { spec, nextRun: spec.schedule.type === "interval" ? now : nextRun(spec.schedule, now) };
    (known === undefined ? diff.added : diff.updated).push(name);
  }
  diff.deleted = Object.keys(previous).filter((name) => !specs.has(name));
  writer.setState(stateKey, JSON.stringify(next));
  return diff;
}

/**
 * Moves a due cron to its next run after `now`, skipping what was missed. False when it is not due: it was changed,
 * removed, or moved already.
 */
export function advanceCron(writer: Writer, name: string, due: CronJob, now: number): boolean {
  const jobs = readCronJobs(writer);
  const job = jobs[name];
  if (job === undefined || job.nextRun !== due.nextRun || job.nextRun > now) return false;
  const next = nextRun(job.spec.schedule, now, job.nextRun);
  writer.setState(stateKey, JSON.stringify({ ...jobs, [name]: { ...job, nextRun: next } }));
  return true;
}
