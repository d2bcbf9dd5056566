import type { KillPoint } from "./faultSettings.ts";

/**
 * Ends one action at a point of choice. JavaScript cannot be stopped from outside; a killed action's calls never return,
 * so that nothing it still does, `catch` and `finally` included, reaches anything.
 */
export class KillSwitch {
  readonly #at: KillPoint;
  #calls = 0;
  #chunks = 0;
  #isKilled = false;
  #kill: () => void = () => {};
  /** Resolves when the action is killed. */
  readonly killed: Promise<void>;

  constructor(at: KillPoint) {
    this.#at = at;
    this.killed = new Promise((resolve) => {
      this.#kill = resolve;
    });
    if (at === "start") this.#trip();
  }

  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Runs one call of the platform, or never returns. */
  async call<T>(run: () => T | Promise<T>): Promise<T> {
    const number = ++this.#calls;
    if (typeof this.#at === "object" && "beforeCall" in this.#at && this.#at.beforeCall === number) {
      this.#trip();
    }
    if (this.#isKilled) return never();
    const result = await run();
    if (typeof this.#at === "object" && "afterCall" in this.#at && this.#at.afterCall === number) {
      this.#trip();
    }
    return this.#isKilled ? never() : result;
  }

  /** Counts the reads of the response body. */
  countChunk(): void {
    const read = this.#chunks++;
    if (typeof this.#at === "object" && "afterChunk" in this.#at && read >= this.#at.afterChunk) {
      this.#trip();
    }
  }

  #trip(): void {
    this.#isKilled = true;
    this.#kill();
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => {});
}
