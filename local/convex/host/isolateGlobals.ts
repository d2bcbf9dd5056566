import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { inspect } from "node:util";
import { IncomingRequest } from "../api/incomingRequest.ts";
import { currentInvocation, type Invocation } from "./invocation.ts";
import { isolateCrypto } from "./isolateCrypto.ts";
import { LazyResponse } from "./lazyResponse.ts";
import { plainFetch, plainRequest } from "./plainFetch.ts";
import { nativeStream, PushStream } from "./pushStream.ts";
import type { LogLine } from "./types.ts";

/** Names that exist in Node but not in Convex's isolate. */
const missingNames = [
  "Buffer",
  "setImmediate",
  "clearImmediate",
  "queueMicrotask",
  "CompressionStream",
  "DecompressionStream",
  "ByteLengthQueuingStrategy",
  "CountQueuingStrategy",
  "WebSocket",
  "EventSource",
  "MessageChannel",
  "MessagePort",
  "BroadcastChannel",
  "navigator",
  "global",
] as const;

/**
 * What a pushed module sees in place of Node's globals. `environment` is the deployment's `process.env`.
 * Everything else is one object for the process, because it asks `currentInvocation` at each call.
 */
export function isolateGlobals(environment: object): Record<string, unknown> {
  const values: Record<string, unknown> = { ...sharedGlobals, process: { env: environment } };
  const scope = new Proxy(globalThis, {
    get: (target, name) => (name in values ? values[String(name)] : Reflect.get(target, name)),
    has: (target, name) => (name in values ? values[String(name)] !== undefined : name in target),
  });
  values.globalThis = scope;
  values.self = scope;
  return values;
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

/** The frozen clock of a query or a mutation, else the real one. */
function now(): number {
  return currentInvocation.getStore()?.scope?.now ?? Date.now();
}

const IsolateDate: object = function (...values: unknown[]): unknown {
  if (new.target === undefined) return new Date(now()).toString();
  const constructed = Object.is(new.target, IsolateDate) ? Date : new.target;
  return Reflect.construct(Date, values.length === 0 ? [now()] : values, constructed);
};
Object.defineProperties(IsolateDate, {
  name: { value: "Date" },
  length: { value: 7 },
  prototype: { value: Date.prototype },
  now: { value: now },
  parse: { value: Date.parse },
  UTC: { value: Date.UTC },
});

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

/** A source that only pushes needs none of what makes the native stream expensive. */
const IsolateReadableStream: object = new Proxy(ReadableStream, {
  construct: (target, [source, strategy]: [UnderlyingDefaultSource?, QueuingStrategy?], newTarget) => {
    const isPlain = newTarget === IsolateReadableStream && strategy === undefined;
    if (!isPlain || source?.pull !== undefined || source?.type !== undefined) {
      return Reflect.construct(target, [source, strategy], newTarget);
    }
    return new PushStream({
      start: (controller) => source?.start?.(controller),
      cancel: (reason) => source?.cancel?.(reason),
    });
  },
});

const IsolateReader = new Proxy(ReadableStreamDefaultReader, {
  construct: (target, [stream]: [ReadableStream], newTarget) =>
    Reflect.construct(target, [nativeStream(stream)], newTarget),
});

function isolateSetTimeout(callback: (...values: unknown[]) => void, delay?: number, ...values: unknown[]) {
  const invocation = assertAction("setTimeout");
  return Number(
    setTimeout(() => {
      if (!invocation.ended) callback(...values);
    }, delay),
  );
}

function isolateSetInterval(callback: (...values: unknown[]) => void, delay?: number, ...values: unknown[]) {
  const invocation = assertAction("setInterval");
  const timer = setInterval(() => {
    if (invocation.ended) clearInterval(timer);
    else callback(...values);
  }, delay);
  return Number(timer);
}

const isolatePerformance = {
  now: () => (currentInvocation.getStore()?.scope ? 0 : performance.now()),
  timeOrigin: performance.timeOrigin,
};

function write(level: LogLine["level"], values: unknown[]): void {
  const log = currentInvocation.getStore()?.caller.log;
  if (log) log.add(level, values);
  else process.stderr.write(`[import] ${values.map((value) => inspect(value)).join(" ")}\n`);
}

const timers = new Map<string, number>();
const ignore = () => undefined;

const capturedConsole = {
  log: (...values: unknown[]) => write("LOG", values),
  debug: (...values: unknown[]) => write("DEBUG", values),
  info: (...values: unknown[]) => write("INFO", values),
  warn: (...values: unknown[]) => write("WARN", values),
  error: (...values: unknown[]) => write("ERROR", values),
  trace: (...values: unknown[]) => write("LOG", values),
  dir: (value: unknown) => write("LOG", [value]),
  table: (value: unknown) => write("LOG", [value]),
  assert: (condition: unknown, ...values: unknown[]) => {
    if (!condition) write("ERROR", ["Assertion failed", ...values]);
  },
  time: (label = "default") => {
    timers.set(label, performance.now());
  },
  timeEnd: (label = "default") => {
    const startedAt = timers.get(label);
    timers.delete(label);
    if (startedAt !== undefined) write("INFO", [`${label}: ${(performance.now() - startedAt).toFixed(0)}ms`]);
  },
  group: ignore,
  groupCollapsed: ignore,
  groupEnd: ignore,
  count: ignore,
  countReset: ignore,
};

const sharedGlobals: Record<string, unknown> = {
  ...Object.fromEntries(missingNames.map((name) => [name, undefined])),
  Date: IsolateDate,
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
  AsyncLocalStorage,
  AsyncResource,
};
