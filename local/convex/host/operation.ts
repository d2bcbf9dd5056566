import type { ConvexJson } from "../store/types.ts";
import type { Invocation, TransactionScope } from "./invocation.ts";

type Answer = ConvexJson | Promise<ConvexJson>;

/**
 * Takes and gives JSON values. `convex/server` makes the argument anew for each call, and copies documents and results before user
 * code sees them: those may be held by the store, and nobody changes them. Any other answer reaches user code as it is.
 */
export type Operation = (invocation: Invocation, argument: unknown) => Answer;
export type TransactionOperation = (
  scope: TransactionScope,
  argument: unknown,
  invocation: Invocation,
) => Answer;

/** The argument of an operation; its shape is fixed by the version of `convex/server`. */
export function argumentsOf<T>(argument: unknown): T {
  return argument as T;
}
