import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { IncomingRequest } from "../api/incomingRequest.ts";
import { capturedConsole } from "./capturedConsole.ts";
import { currentInvocation, type Invocation } from "./invocation.ts";
import { IsolateDate, isolateMath, isolatePerformance } from "./isolateClock.ts";
import { isolateCrypto } from "./isolateCrypto.ts";
import { hiddenNames, ISOLATE_NAMES } from "./isolateNames.ts";
import { LazyResponse } from "./lazyResponse.ts";
import { plainFetch, plainRequest } from "./plainFetch.ts";
import { nativeStream, PushStream } from "./pushStream.ts";

/**
 * What a pushed module sees: the values of Convex's globals, and undefined for what only Node has. `environment` is
 * the deployment's `process.env`. The rest asks `currentInvocation` at each call.
 */
export function isolateGlobals(environment: object): Record<string, unknown> {
  const hidden = Object.fromEntries(hiddenNames().map((name) => [name, undefined]));
  const scope = createScope(visibleGlobals(environment));
  return { ...hidden, ...ownGlobals(environment), globalThis: scope, self: scope };
}

/** The globals that are not Node's own. */
function ownGlobals(environment: object): Record<string, unknown> {
  return { ...sharedGlobals, process: { env: environment } };
}

/** All globals of Convex, as the prototype of any number of global objects. */
export function visibleGlobals(environment: object): object {
  const values = Object.fromEntries([...ISOLATE_NAMES].map((name) => [name, Reflect.get(globalThis, name)]));
  const own = ownGlobals(environment);
  const all = { ...values, ...own };
  const descriptors = Object.entries(all).map(([name, value]) => [
    name,
    { value, writable: true, configurable: true, enumerable: false },
  ]);
  return Object.create(null, Object.fromEntries(descriptors));
}

/** A `globalThis` of its own: what one program writes to it, no other sees. */
export function createScope(globals: object): object {
  const scope = Object.create(globals);
  for (const name of ["globalThis", "self"]) {
    Object.defineProperty(scope, name, { value: scope, writable: true, configurable: true });
  }
  return scope;
}

/** What a "use node" module sees: Node, with the deployment's environment and the captured console. */
export function nodeGlobals(environment: object): Record<string, unknown> {
  const process = new Proxy(globalThis.process, {
    get: (target, name) => (name === "env" ? environment : Reflect.get(target, name, target)),
  });
  // SDKs read `globalThis.process.env` too.
  const scope: object = new Proxy(globalThis, {
    get: (target, name) => {
      if (name === "process") return process;
      return name === "globalThis" || name === "global" ? scope : Reflect.get(target, name);
    },
  });
  return { process, console: capturedConsole, globalThis: scope, global: scope };
}

function assertAction(what: string): Invocation {
  const invocation = currentInvocation.getStore();
  if (invocation === undefined) throw new Error(`${what} unsupported at import time`);
  if (invocation.scope !== null) {
    throw new Error(
      `Can't use ${what} in queries and mutations. Please consider using an action. See https://docs.convex.dev/functions/actions for more details.`,
    );
  }
  return invocation;
}

async function isolateFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const { killSwitch } = assertAction("fetch()");
  if (killSwitch?.isKilled) return new Promise(() => {});
  const plain = plainRequest(input, init);
  return plain === null ? fetch(nativeInput(input), nativeInit(init)) : plainFetch(plain);
}

/** The request of an HTTP action is not a native one, which Node's constructors insist on. */
function nativeInput(input: RequestInfo | URL): RequestInfo | URL {
  return input instanceof IncomingRequest ? input.native() : input;
}

/** Likewise for a stream of the function's own that is sent as a body. */
function nativeInit(init: RequestInit | undefined): RequestInit | undefined {
  return init?.body instanceof PushStream ? { ...init, body: init.body.native() } : init;
}

const IsolateRequest = new Proxy(Request, {
  construct: (target, [input, init]: ConstructorParameters<typeof Request>, newTarget) =>
    Reflect.construct(target, [nativeInput(input), nativeInit(init)], newTarget),
});

/** Node calls a stream's source or sink from wherever data moves; what it calls runs for the function that made the stream. */
function forInvocation<Parts extends object>(parts: Parts | undefined): Parts | undefined {
  const invocation = currentInvocation.getStore();
  if (parts === undefined || invocation === undefined) return parts;
  const get = (target: Parts, name: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, name);
    if (typeof value !== "function") return value;
    return (...values: unknown[]) =>
      currentInvocation.run(invocation, () => Reflect.apply(value, target, values));
  };
  return new Proxy(parts, { get });
}

/** A source that only pushes needs none of what makes the native stream expensive. */
const IsolateReadableStream: object = new Proxy(ReadableStream, {
  construct: (target, [source, strategy]: [UnderlyingDefaultSource?, QueuingStrategy?], newTarget) => {
    const isPlain = newTarget === IsolateReadableStream && strategy === undefined;
    if (!isPlain || source?.pull !== undefined || source?.type !== undefined) {
      return Reflect.construct(target, [forInvocation(source), strategy], newTarget);
    }
    const bound = source?.cancel === undefined ? source : forInvocation(source);
    return new PushStream({
      start: (controller) => source?.start?.(controller),
      cancel: (reason) => bound?.cancel?.(reason),
    });
  },
});

const IsolateWritableStream = new Proxy(WritableStream, {
  construct: (target, [sink, strategy]: ConstructorParameters<typeof WritableStream>, newTarget) =>
    Reflect.construct(target, [forInvocation(sink), strategy], newTarget),
});

const IsolateTransformStream = new Proxy(TransformStream, {
  construct: (target, [transformer, ...strategies]: [Transformer?, ...QueuingStrategy[]], newTarget) =>
    Reflect.construct(target, [forInvocation(transformer), ...strategies], newTarget),
});

const IsolateReader = new Proxy(ReadableStreamDefaultReader, {
  construct: (target, [stream]: [ReadableStream], newTarget) =>
    Reflect.construct(target, [nativeStream(stream)], newTarget),
});

function isolateSetTimeout(callback: (...values: unknown[]) => void, delay?: number, ...values: unknown[]) {
  const invocation = assertAction("setTimeout");
  return Number(
    setTimeout(() => {
      if (!invocation.ended) currentInvocation.run(invocation, () => callback(...values));
    }, delay),
  );
}

function isolateSetInterval(callback: (...values: unknown[]) => void, delay?: number, ...values: unknown[]) {
  const invocation = assertAction("setInterval");
  const timer = setInterval(() => {
    if (invocation.ended) clearInterval(timer);
    else currentInvocation.run(invocation, () => callback(...values));
  }, delay);
  return Number(timer);
}

/** Convex's own lack some of what Node's have. */
const IsolateAbortSignal = new Proxy(AbortSignal, {
  get: (target, name) => {
    if (name === "abort") return undefined;
    if (name === "timeout") return isolateTimeout;
    return Reflect.get(target, name);
  },
  has: (target, name) => name !== "abort" && Reflect.has(target, name),
});

function isolateTimeout(delayMs: number): AbortSignal {
  const invocation = assertAction("setTimeout");
  const controller = new AbortController();
  const signal = AbortSignal.timeout(delayMs);
  signal.addEventListener("abort", () =>
    currentInvocation.run(invocation, () => controller.abort(signal.reason)),
  );
  return controller.signal;
}

function isolateStructuredClone(value: unknown, options?: unknown): unknown {
  if (options !== undefined) throw new Error("structuredClone with transfer not supported");
  return structuredClone(value);
}

/** When garbage is collected must not be seen. */
class StrongReference<T> {
  readonly #target: T;
  constructor(target: T) {
    this.#target = target;
  }
  deref(): T {
    return this.#target;
  }
}
class NoFinalization {
  register(): void {}
  unregister(): boolean {
    return false;
  }
}

const sharedGlobals: Record<string, unknown> = {
  Date: IsolateDate,
  Math: isolateMath,
  AbortSignal: IsolateAbortSignal,
  structuredClone: isolateStructuredClone,
  WeakRef: StrongReference,
  FinalizationRegistry: NoFinalization,
  fetch: isolateFetch,
  setTimeout: isolateSetTimeout,
  setInterval: isolateSetInterval,
  performance: isolatePerformance,
  console: capturedConsole,
  crypto: isolateCrypto,
  Request: IsolateRequest,
  Response: LazyResponse,
  ReadableStream: IsolateReadableStream,
  ReadableStreamDefaultReader: IsolateReader,
  WritableStream: IsolateWritableStream,
  TransformStream: IsolateTransformStream,
  AsyncLocalStorage,
  AsyncResource,
};
