import type { Invocation, TransactionScope } from "./invocation.ts";

/** Takes and gives JSON text, so that documents pass through without being parsed. */
export type Operation = (invocation: Invocation, json: string) => string | Promise<string>;
export type TransactionOperation = (
  scope: TransactionScope,
  json: string,
  invocation: Invocation,
) => string | Promise<string>;

/** Parses the argument of an operation; its shape is fixed by the version of `convex/server`. */
export function parseArguments<T>(json: string): T {
  return JSON.parse(json) as T;
}
