import type { Deployment, FunctionEntry } from "../host/deployment.ts";
import { SourcePositions } from "../host/sourcePositions.ts";
import { invokerOf, readRouter } from "./analyzeModules.ts";
import type { FreshModules } from "./freshModules.ts";

/** The same deployment with every call in modules of its own; "use node" modules live on, as in Convex's Node processes. */
export function freshDeployment(deployment: Deployment, fresh: FreshModules): Deployment {
  const functions = new Map(
    [...deployment.functions].map(([path, entry]) => [path, freshEntry(entry, fresh)]),
  );
  const { baseUrl = "", sourceMapOf } = deployment.positions ?? {};
  const positions = new SourcePositions(baseUrl, (path) => fresh.sourceMapOf(path) ?? sourceMapOf?.(path));
  return {
    ...deployment,
    functions,
    positions,
    /** A new one each time: who serves a request asks once. */
    get router() {
      return deployment.router === null ? null : readRouter(fresh.evaluate("http.js").default);
    },
  };
}

function freshEntry(entry: FunctionEntry, fresh: FreshModules): FunctionEntry {
  if (entry.environment === "node") return entry;
  const [module = "", name = ""] = entry.path.split(":");
  return {
    ...entry,
    invoke: async (requestId, args) => invokerOf(fresh.evaluate(`${module}.js`)[name])(requestId, args),
  };
}
