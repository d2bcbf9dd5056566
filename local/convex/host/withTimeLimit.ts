import { PlatformError } from "./functionErrors.ts";

/** A function that waits for nothing may be starved by other processes; one that waits for ever is given up after this. */
const WALL_PER_USER_LIMIT = 5;

const CPU_SAMPLE_AGE_MAX_MS = 250;
/** Taking a sample costs as much as a short function, so functions that start close together share one. */
let cpuSample = { takenAt: performance.now(), usage: process.cpuUsage() };

/**
 * Rejects when `work` takes longer than `limitMs`. A synchronous loop cannot be interrupted in this process; it is
 * refused when it has ended.
 */
export function withTimeLimit<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const startedAt = performance.now();
  return limited(work, limitMs, () => performance.now() - startedAt >= limitMs);
}

/** The same for user time, which is what Convex counts: CPU time of this process, so that a busy machine refuses nothing. */
export function withUserTimeLimit<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const startedAt = performance.now();
  if (startedAt - cpuSample.takenAt > CPU_SAMPLE_AGE_MAX_MS) {
    cpuSample = { takenAt: startedAt, usage: process.cpuUsage() };
  }
  const { usage } = cpuSample;
  return limited(work, limitMs, () => {
    const wallMs = performance.now() - startedAt;
    if (wallMs < limitMs) return false;
    const { user, system } = process.cpuUsage(usage);
    return (user + system) / 1000 >= limitMs || wallMs >= limitMs * WALL_PER_USER_LIMIT;
  });
}

function limited<T>(work: Promise<T>, limitMs: number, isOver: () => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = () =>
      reject(new PlatformError(`Function execution timed out (maximum duration: ${limitMs / 1000}s)`));
    const end = watch(() => {
      if (isOver()) fail();
    });
    work.then(
      (value) => {
        end();
        if (isOver()) fail();
        else resolve(value);
      },
      (error) => {
        end();
        reject(error);
      },
    );
  });
}

const CHECK_EVERY_MS = 100;
/** One timer for all running functions: most end long before it fires once. */
const watched = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;

/** Calls `check` now and then until the returned function is called. */
function watch(check: () => void): () => void {
  watched.add(check);
  timer ??= setInterval(() => {
    for (const each of watched) each();
    if (watched.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }, CHECK_EVERY_MS);
  return () => watched.delete(check);
}
