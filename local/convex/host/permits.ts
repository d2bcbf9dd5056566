import type { ConcurrencyLimits } from "./deploymentClass.ts";
import { SystemError } from "./systemError.ts";

/** Convex's waiting times for a place. */
const transactionWaitMs = 5_000;
const actionWaitMs = 10_000;
/** Deployments above it are told to ask the support, those below to pay for more. */
const smallestLimit = 16;

/** A limit on functions of one kind that run at once: one more waits for a while, then fails. */
export class Permits {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(
    readonly limit: number,
    readonly kind: "query" | "mutation" | "action",
  ) {
    this.#free = limit;
  }

  /** Runs `work` when there is room. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait();
    try {
      return await work();
    } finally {
      this.release();
    }
  }

  /** Resolves when there is room; every call that resolves must be followed by one of `release`. */
  async acquire(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait();
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

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const waitMs = this.kind === "action" ? actionWaitMs : transactionWaitMs;
      const timer = setTimeout(() => {
        this.#waiting.delete(start);
        reject(tooMany(this.limit, this.kind));
      }, waitMs);
      const start = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.add(start);
    });
  }
}

/** The places of one deployment. */
export interface DeploymentPermits {
  queries: Permits;
  mutations: Permits;
  actions: Permits;
  nodeActions: Permits;
}

export function createPermits(limits: ConcurrencyLimits): DeploymentPermits {
  return {
    queries: new Permits(limits.queries, "query"),
    mutations: new Permits(limits.mutations, "mutation"),
    actions: new Permits(limits.actions, "action"),
    nodeActions: new Permits(limits.nodeActions, "action"),
  };
}

function tooMany(limit: number, kind: string): SystemError {
  const advice =
    limit > smallestLimit
      ? "If you need more resources, please contact support."
      : "To get more resources, upgrade to Convex Pro. If you are already on Convex Pro, please contact support.";
  return new SystemError(
    429,
    "TooManyConcurrentRequests",
    `Too many concurrent requests. Your backend is limited to ${limit} concurrent ${kind}s. ${advice}`,
  );
}
