import { getBlob, storeBlob } from "../storage/storageOperations.ts";
import { currentInvocation, type Invocation } from "./invocation.ts";
import { asyncSyscall, type SyscallArgument, syncSyscall } from "./syscalls.ts";

/**
 * Installs `globalThis.Convex`, through which `convex/server` reaches the platform. One for the process: the calls
 * go to the invocation in whose asynchronous context they are made.
 */
export function installConvexGlobal(): void {
  if ("Convex" in globalThis) return;
  Object.defineProperty(globalThis, "Convex", {
    configurable: true,
    value: {
      syscall: (op: string, argument: SyscallArgument) => syncSyscall(running(op), op, argument),
      // Answers that are there already go back without a promise: `convex/server` awaits either.
      asyncSyscall: (op: string, argument: SyscallArgument) => {
        const invocation = running(op);
        const { killSwitch } = invocation;
        return killSwitch === null
          ? asyncSyscall(invocation, op, argument)
          : killSwitch.call(() => asyncSyscall(invocation, op, argument));
      },
      jsSyscall: (op: string, value: Record<string, unknown>) => jsSyscall(running(op), op, value),
    },
  });
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
