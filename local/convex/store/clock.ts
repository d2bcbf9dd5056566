import type { CommitTs } from "./types.ts";

/** A quarter of what a double can still tell apart would do until 2039; this step is exact far beyond. */
const CREATION_TIME_STEP_MS = 2 ** -10;
const NS_PER_MS = 1_000_000n;

/** Commit timestamps and creation times: both only grow, also when the machine's clock goes back. */
export class Clock {
  readonly #now: () => number;
  #lastTs: CommitTs;
  #lastCreationTime: number;

  /** `saved` is what `save` returned before the restart. */
  constructor(now: () => number, saved: string | null) {
    this.#now = now;
    const [lastTs, lastCreationTime] = saved?.split(" ") ?? ["0", "0"];
    this.#lastTs = BigInt(lastTs ?? "0");
    this.#lastCreationTime = Number(lastCreationTime);
  }

  nowMs(): number {
    return this.#now();
  }

  /** A timestamp greater than all before. */
  nextTs(): CommitTs {
    const now = BigInt(Math.floor(this.#now())) * NS_PER_MS;
    this.#lastTs = now > this.#lastTs ? now : this.#lastTs + 1n;
    return this.#lastTs;
  }

  nextCreationTime(): number {
    this.#lastCreationTime = Math.max(this.#now(), this.#lastCreationTime + CREATION_TIME_STEP_MS);
    return this.#lastCreationTime;
  }

  save(): string {
    return `${this.#lastTs} ${this.#lastCreationTime}`;
  }
}
