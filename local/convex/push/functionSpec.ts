import { routesOf } from "./analyzeModules.ts";
import type { EvaluatedPush } from "./evaluatePush.ts";

/** What `convex function-spec` prints. */
export function functionSpec({ deployment }: EvaluatedPush): unknown[] {
  const functions = [...deployment.functions.values()].map((entry) => ({
    identifier: entry.udfPath,
    functionType: entry.type,
    visibility: { kind: entry.isPublic ? "public" : "internal" },
    args: entry.args,
    returns: entry.returns ?? { type: "any" },
  }));
  const routes = routesOf(deployment.router).map((route) => ({ functionType: "HttpAction", ...route }));
  return [...functions, ...routes];
}
