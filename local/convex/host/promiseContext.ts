import { AsyncLocalStorage } from "node:async_hooks";
import { promiseHooks } from "node:v8";

type Tracked<Value> = Promise<unknown> & { [key: symbol]: Value | undefined };

/**
 * What an AsyncLocalStorage does, for a fraction of its price: it follows promises, and callbacks only for work that asks for it
 * (`runWithCallbacks`). Its hooks see every promise of the process for ever, so there should be one of these.
 */
export class PromiseContext<Value> {
  #current: Value | undefined;
  readonly #ofCallbacks = new AsyncLocalStorage<Value>();
  #runsWithCallbacks = 0;

  constructor() {
    const key = Symbol("context");
    promiseHooks.createHook({
      init: (promise) => {
        if (this.#current !== undefined) (promise as Tracked<Value>)[key] = this.#current;
      },
      before: (promise) => {
        this.#current = (promise as Tracked<Value>)[key];
      },
      after: () => {
        this.#current = undefined;
      },
    });
  }

  getStore(): Value | undefined {
    return this.#current ?? this.#ofCallbacks.getStore();
  }

  run<Result>(value: Value | undefined, callback: () => Result): Result {
    const before = this.#current;
    this.#current = value;
    try {
      return callback();
    } finally {
      this.#current = before;
    }
  }

  /** Follows what Node calls back too, which slows down every promise of the process until the last such run has ended. */
  async runWithCallbacks<Result>(value: Value, work: () => Promise<Result>): Promise<Result> {
    this.#runsWithCallbacks += 1;
    try {
      return await this.#ofCallbacks.run(value, () => this.run(value, work));
    } finally {
      this.#runsWithCallbacks -= 1;
      if (this.#runsWithCallbacks === 0) this.#ofCallbacks.disable();
    }
  }

  exit<Result>(callback: () => Result): Result {
    return this.#ofCallbacks.exit(() => this.run(undefined, callback));
  }
}
