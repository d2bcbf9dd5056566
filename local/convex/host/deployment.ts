import type { ConvexObject, SchemaDefinition, ValidatorJson } from "../store/types.ts";
import { PlatformError } from "./functionErrors.ts";
import type { FunctionResult, PassedArguments } from "./passedValues.ts";
import type { SourcePositions } from "./sourcePositions.ts";
import type { AuthProvider } from "./types.ts";

export type FunctionType = "Query" | "Mutation" | "Action";

export interface FunctionEntry {
  /** `dir/module:export`. */
  path: string;
  /** `dir/module.js:export`, as stored in `_scheduled_functions`. */
  udfPath: string;
  type: FunctionType;
  isPublic: boolean;
  environment: "isolate" | "node";
  args: ValidatorJson;
  /** Null when results are not validated. */
  returns: ValidatorJson | null;
  /** Runs the function. */
  invoke(requestId: string, args: PassedArguments): Promise<FunctionResult>;
}

export interface HttpRouter {
  getRoutes(): [path: string, method: string, handler: unknown][];
  lookup(path: string, method: string): [handler: unknown, method: string, path: string] | null;
  runRequest(requestJson: string, path: string): Promise<string>;
}

export type CronSchedule =
  | { type: "interval"; seconds?: number; minutes?: number; hours?: number }
  | { type: "cron"; cron: string }
  | { type: "hourly"; minuteUTC?: number }
  | { type: "daily"; hourUTC: number; minuteUTC?: number }
  | { type: "weekly"; dayOfWeek: string; hourUTC: number; minuteUTC?: number }
  | { type: "monthly"; day: number; hourUTC: number; minuteUTC?: number };

export interface CronSpec {
  /** Function address, `module:export`. */
  name: string;
  args: ConvexObject[];
  schedule: CronSchedule;
}

/** One evaluated push: what the active one serves, and what a staged one will. */
export interface Deployment {
  pushId: string;
  functions: ReadonlyMap<string, FunctionEntry>;
  router: HttpRouter | null;
  authProviders: AuthProvider[];
  crons: ReadonlyMap<string, CronSpec>;
  schema: SchemaDefinition | null;
  positions: SourcePositions | null;
}

export const emptyDeployment: Deployment = {
  pushId: "",
  functions: new Map(),
  router: null,
  authProviders: [],
  crons: new Map(),
  schema: null,
  positions: null,
};

/** `dir/module.js:fn`, `dir/module` and the like as `dir/module:fn`. */
export function canonicalPath(address: string): string {
  const colon = address.lastIndexOf(":");
  const module = colon < 0 ? address : address.slice(0, colon);
  const name = colon < 0 ? "default" : address.slice(colon + 1);
  return `${module.endsWith(".js") ? module.slice(0, -3) : module}:${name}`;
}

export function findFunction(deployment: Deployment, address: string): FunctionEntry | null {
  return deployment.functions.get(address) ?? deployment.functions.get(canonicalPath(address)) ?? null;
}

/** Throws when a function is called as what it is not. */
export function assertType(entry: FunctionEntry, type: FunctionType): void {
  if (entry.type === type) return;
  throw new PlatformError(
    `Trying to execute ${entry.udfPath} as ${type}, but it is defined as ${entry.type}.`,
  );
}

/** How `convex/server` names a function in a syscall; exactly one of the three is set. */
export interface FunctionAddress {
  name?: string;
  reference?: string;
  functionHandle?: string;
}

const handlePrefix = "function://";
const functionReferencePrefix = "_reference/function/";

export function functionHandle(entry: FunctionEntry): string {
  return `${handlePrefix}${entry.path}`;
}

/** The function path that an address stands for. Throws for functions of components. */
export function addressedPath({ name, reference, functionHandle: handle }: FunctionAddress): string {
  if (name !== undefined) return name;
  if (handle?.startsWith(handlePrefix)) return handle.slice(handlePrefix.length);
  if (reference?.startsWith(functionReferencePrefix)) {
    const parts = reference.slice(functionReferencePrefix.length).split("/");
    return `${parts.slice(0, -1).join("/")}:${parts.at(-1)}`;
  }
  throw new Error(
    `${reference ?? handle ?? "The function reference"} belongs to a component; components are not supported by the embedded deployment.`,
  );
}
