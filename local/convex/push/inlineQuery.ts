import { randomUUID } from "node:crypto";
import { internalQueryGeneric, queryGeneric } from "convex/server";
import type { Deployment } from "../host/deployment.ts";
import type { Environment } from "../host/environment.ts";
import { PushError } from "../host/types.ts";
import { analyzeModules } from "./analyzeModules.ts";
import { lintModule } from "./lintModule.ts";
import { loadModules } from "./moduleLoader.ts";
import type { ModuleSource } from "./pushRequest.ts";

const QUERY_PATH = "testQuery.js";
/** What the CLI and the dashboard import in place of `convex/server`. */
const WRAPPERS_SPECIFIER = "convex:/_system/repl/wrappers.js";
const WRAPPERS_KEY = Symbol.for("convex.embedded.wrappers");

/** Address of the query below in the deployment that `withInlineQuery` makes. */
export const INLINE_QUERY = "testQuery:default";

/** `deployment` with one more function, the query that `source` exports. Nothing of it stays. */
export async function withInlineQuery(
  deployment: Deployment,
  source: string,
  { directory, env }: { directory: string; env: Environment },
): Promise<Deployment> {
  Reflect.set(globalThis, WRAPPERS_KEY, { query: queryGeneric, internalQuery: internalQueryGeneric });
  const environment = "isolate" as const;
  // A pushed module's own `globalThis` holds nothing of ours.
  const wrappers = `export const { query, internalQuery } = Function("return this")()[Symbol.for(${JSON.stringify(WRAPPERS_KEY.description)})];`;
  const query: ModuleSource = {
    path: QUERY_PATH,
    source: source.replaceAll(WRAPPERS_SPECIFIER, "./_deps/wrappers.js"),
    environment,
  };
  await lintModule(query);
  const { namespaces, remove } = await loadModules({
    directory,
    pushId: `inline-${randomUUID()}`,
    modules: [{ path: "_deps/wrappers.js", source: wrappers, environment }, query],
    processEnv: env.processEnv(() => false),
    importing: (_path, load) => load(),
  }).catch((error: unknown) => {
    throw new PushError(400, "InvalidModules", error instanceof Error ? error.message : String(error));
  });
  await remove();
  const { functions } = analyzeModules([query], namespaces);
  if (functions.get(INLINE_QUERY)?.type !== "Query") {
    throw new PushError(400, "InvalidModules", "The source has no query as its default export.");
  }
  return { ...deployment, functions: new Map([...deployment.functions, ...functions]) };
}
