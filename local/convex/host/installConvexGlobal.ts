import { getBlob, storeBlob } from "../storage/storageOperations.ts";
import type { ConvexJson } from "../store/types.ts";
import { currentInvocation, type Invocation } from "./invocation.ts";
import { asyncSyscall, syncSyscall } from "./syscalls.ts";

/**
 * Installs `globalThis.Convex`, through which `convex/server` reaches the platform. One for the process: the calls
 * go to the invocation in whose asynchronous context they are made.
 */
export function installConvexGlobal(): void {
  if ("Convex" in globalThis) return;
  Object.defineProperty(globalThis, "Convex", {
    configurable: true,
    value: {
      syscall: (op: string, argument: TextOrValue) =>
        inFormOf(argument, (value) => syncSyscall(running(op), op, value)),
      // Answers that are there already go back without a promise: `convex/server` awaits either.
      asyncSyscall: (op: string, argument: TextOrValue) =>
        inFormOf(argument, (value) => {
          const invocation = running(op);
          const { killSwitch } = invocation;
          return killSwitch === null
            ? asyncSyscall(invocation, op, value)
            : killSwitch.call(() => asyncSyscall(invocation, op, value));
        }),
      jsSyscall: (op: string, value: Record<string, unknown>) => jsSyscall(running(op), op, value),
    },
  });
}

/** The library sends JSON text, or, where `libraryValues.ts` changed it, the value itself. */
type TextOrValue = string | object;

/** Gives the answer in the form in which the argument came. */
function inFormOf(argument: TextOrValue, run: (value: unknown) => ConvexJson | Promise<ConvexJson>): unknown {
  if (typeof argument !== "string") return run(argument);
  const answer = run(JSON.parse(argument));
  return answer instanceof Promise ? answer.then((value) => JSON.stringify(value)) : JSON.stringify(answer);
}

function running(op: string): Invocation {
  const invocation = currentInvocation.getStore();
  if (invocation === undefined) {
    throw new Error(
      `Convex operation ${op} was called outside of a function, such as while a module is imported.`,
    );
  }
  if (invocation.ended && invocation.killSwitch?.isKilled !== true) {
    throw new Error(
      `Convex operation ${op} was called by ${invocation.name} after it had ended. Await every promise before the function returns, or before its response body ends.`,
    );
  }
  return invocation;
}

function jsSyscall(invocation: Invocation, op: string, value: Record<string, unknown>): unknown {
  switch (op) {
    case "requestFromConvexJson":
      return invocation.httpRequest;
    case "convexJsonFromResponse":
      if (!(value.response instanceof Response)) {
        throw new Error("The HTTP action did not return a Response.");
      }
      invocation.httpResponse = value.response;
      return {};
    case "storage/storeBlob":
      return storeBlob(invocation, value);
    case "storage/getBlob":
      return getBlob(invocation, value);
    default:
      throw new Error(`Unknown JS operation ${op}`);
  }
}
