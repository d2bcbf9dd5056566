import { PlatformError } from "./functionErrors.ts";

const waitMs = 10_000;

/** Convex's limit on functions that run at once: one more waits for a while, then fails. */
export class Permits {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(readonly limit: number) {
    this.#free = limit;
  }

  /** Resolves when there is room; every call that resolves must be followed by one of `release`. */
  async acquire(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(start);
        reject(
          new PlatformError(
            `TooManyConcurrentRequests: Too many concurrent requests. The deployment is limited to ${this.limit} concurrent actions and HTTP actions.`,
          ),
        );
      }, waitMs);
      const start = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.add(start);
    });
  }

  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
