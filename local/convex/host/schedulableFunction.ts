import type { ConvexObject } from "../store/types.ts";
import { canonicalPath, type FunctionEntry, findFunction } from "./deployment.ts";
import type { Executor } from "./executor.ts";
import { checkArgs } from "./validateCall.ts";

/** The function that a schedule call names. Throws when it is missing, a query, or refuses the arguments. */
export function schedulableFunction(executor: Executor, path: string, args: ConvexObject): FunctionEntry {
  const entry = findFunction(executor.deployment, path);
  if (entry === null) {
    throw new Error(`Attempted to schedule function at nonexistent path: ${canonicalPath(path)}`);
  }
  if (entry.type === "Query") {
    throw new Error(
      `Unsupported scheduled function type: ${entry.udfPath} is a Query; only mutations and actions can be scheduled.`,
    );
  }
  checkArgs(entry, args, executor.store);
  return entry;
}
