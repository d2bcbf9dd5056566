import type { ConvexJson } from "../store/types.ts";
import type { Invocation, TransactionScope } from "./invocation.ts";

/** Takes and gives JSON text. What it gives may end up in user code as it is. */
export type Operation = (invocation: Invocation, json: string) => string | Promise<string>;
export type TransactionOperation = (
  scope: TransactionScope,
  json: string,
  invocation: Invocation,
) => string | Promise<string>;

/**
 * The same with the values themselves, for what every request asks. `convex/server` makes the argument anew for each call, and
 * copies what it gets before user code sees it: the answer may be held by the store, and nobody changes it.
 */
export type ValueOperation = (invocation: Invocation, argument: unknown) => ConvexJson | Promise<ConvexJson>;
export type TransactionValueOperation = (
  scope: TransactionScope,
  argument: unknown,
  invocation: Invocation,
) => ConvexJson | Promise<ConvexJson>;

/** Parses the argument of an operation; its shape is fixed by the version of `convex/server`. */
export function parseArguments<T>(json: string): T {
  return JSON.parse(json) as T;
}

/** The argument of a value operation; its shape is fixed likewise. */
export function argumentsOf<T>(argument: unknown): T {
  return argument as T;
}
