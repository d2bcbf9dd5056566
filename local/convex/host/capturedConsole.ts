import { inspect } from "node:util";
import { currentInvocation } from "./invocation.ts";
import type { LogLine } from "./types.ts";

function write(level: LogLine["level"], values: unknown[]): void {
  const log = currentInvocation.getStore()?.caller.log;
  if (log) log.add(level, values);
  else process.stderr.write(`[import] ${values.map((value) => inspect(value)).join(" ")}\n`);
}

const timers = new Map<string, number>();
const ignore = () => undefined;

/** The `console` of functions: it writes to the log of the call. */
export const capturedConsole = {
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
