import { z } from "zod";
import type { CronSpec, Deployment, FunctionEntry, FunctionType, HttpRouter } from "../host/deployment.ts";
import type { FunctionResult, PassedArguments } from "../host/passedValues.ts";
import { type AuthProvider, PushError } from "../host/types.ts";
import type { SchemaDefinition, ValidatorJson } from "../store/types.ts";
import { schemaProblem } from "./checkSchema.ts";
import type { ModuleNamespace } from "./moduleLoader.ts";
import type { ModuleSource } from "./pushRequest.ts";

export interface AnalyzedModule {
  functions: {
    name: string;
    pos: null;
    udfType: FunctionType;
    visibility: { kind: "public" | "internal" };
    args: string;
    returns: string;
  }[];
  httpRoutes: { route: { path: string; method: string }; pos: null }[] | null;
  cronSpecs: [string, unknown][] | null;
  sourceMapped: null;
}

const configModules = new Set(["schema.js", "auth.config.js", "convex.config.js"]);

/** Finds functions, routes and crons in imported modules. Throws `PushError` for what Convex refuses. */
export function analyzeModules(
  modules: readonly ModuleSource[],
  namespaces: ReadonlyMap<string, ModuleNamespace>,
): Pick<Deployment, "functions" | "router" | "crons"> & { analysis: Record<string, AnalyzedModule> } {
  const functions = new Map<string, FunctionEntry>();
  const analysis: Record<string, AnalyzedModule> = {};
  let router: HttpRouter | null = null;
  let crons: ReadonlyMap<string, CronSpec> = new Map();
  for (const module of modules) {
    const namespace = namespaces.get(module.path);
    if (namespace === undefined || configModules.has(module.path)) continue;
    const entries = Object.entries(namespace)
      .map(([name, value]) => analyzeExport(module, name, value))
      .filter((entry) => entry !== null);
    for (const entry of entries) functions.set(entry.path, entry);
    const analyzed: AnalyzedModule = {
      functions: entries.map(describeEntry),
      httpRoutes: null,
      cronSpecs: null,
      sourceMapped: null,
    };
    if (module.path === "http.js") {
      router = readRouter(namespace.default);
      analyzed.httpRoutes = routesOf(router).map((route) => ({ route, pos: null }));
    }
    if (module.path === "crons.js") {
      crons = readCrons(namespace.default);
      analyzed.cronSpecs = [...crons];
    }
    analysis[module.path] = analyzed;
  }
  assertCronTargets(crons, functions);
  return { functions, router, crons, analysis };
}

export function routesOf(router: HttpRouter | null): { path: string; method: string }[] {
  return (router?.getRoutes() ?? []).map(([path, method]) => ({ path, method }));
}

/** The properties that `convex/server` puts on a registered function. */
interface RegisteredFunction {
  isQuery?: boolean;
  isMutation?: boolean;
  isAction?: boolean;
  isPublic?: boolean;
  isInternal?: boolean;
  exportArgs(): string;
  exportReturns(): string;
  invokeQuery(args: PassedArguments): Promise<FunctionResult>;
  invokeMutation(args: PassedArguments): Promise<FunctionResult>;
  invokeAction(requestId: string, args: PassedArguments): Promise<FunctionResult>;
}

function isRegistered(value: unknown): value is RegisteredFunction {
  return (
    (typeof value === "function" || (typeof value === "object" && value !== null)) &&
    ("isQuery" in value || "isMutation" in value || "isAction" in value) &&
    "exportArgs" in value
  );
}

function analyzeExport(module: ModuleSource, name: string, value: unknown): FunctionEntry | null {
  if (!isRegistered(value)) return null;
  const type = value.isQuery ? "Query" : value.isMutation ? "Mutation" : "Action";
  const modulePath = module.path.slice(0, -".js".length);
  if (module.environment === "node" && type !== "Action") {
    throw refusal(
      `\`${name}\` defined in \`${module.path}\` is a ${type} function. Only actions can be defined in Node.js. See https://docs.convex.dev/functions/actions for more details.`,
    );
  }
  return {
    path: `${modulePath}:${name}`,
    udfPath: `${module.path}:${name}`,
    type,
    isPublic: value.isPublic === true,
    environment: module.environment,
    args: parseJson<ValidatorJson>(value.exportArgs()),
    returns: parseJson<ValidatorJson | null>(value.exportReturns()),
    invoke: invokerOf(value),
  };
}

/** What runs the function that a module exports. */
export function invokerOf(value: unknown): FunctionEntry["invoke"] {
  if (!isRegistered(value)) throw new Error("The export is not a registered function.");
  if (value.isQuery) return (_, args) => value.invokeQuery(args);
  if (value.isMutation) return (_, args) => value.invokeMutation(args);
  return (requestId, args) => value.invokeAction(requestId, args);
}

function describeEntry(entry: FunctionEntry): AnalyzedModule["functions"][number] {
  return {
    name: entry.path.slice(entry.path.lastIndexOf(":") + 1),
    pos: null,
    udfType: entry.type,
    visibility: { kind: entry.isPublic ? "public" : "internal" },
    args: JSON.stringify(entry.args),
    returns: JSON.stringify(entry.returns),
  };
}

function isRouter(value: unknown): value is HttpRouter {
  return typeof value === "object" && value !== null && "isRouter" in value && value.isRouter === true;
}

export function readRouter(value: unknown): HttpRouter {
  if (isRouter(value)) return value;
  throw refusal("The default export of `convex/http.ts` is not a Router.");
}

function readCrons(value: unknown): ReadonlyMap<string, CronSpec> {
  if (!hasExport(value) || !("isCrons" in value)) {
    throw refusal("The default export of `convex/crons.ts` is not a Crons object.");
  }
  return new Map(Object.entries(parseJson<Record<string, CronSpec>>(z.string().parse(value.export()))));
}

function assertCronTargets(crons: ReadonlyMap<string, CronSpec>, functions: Deployment["functions"]): void {
  for (const [id, spec] of crons) {
    const target = functions.get(spec.name.includes(":") ? spec.name : `${spec.name}:default`);
    if (target === undefined || target.type === "Query") {
      throw refusal(`The cron job "${id}" runs \`${spec.name}\`, which is not a mutation or an action.`);
    }
  }
}

/** `schema.ts` as parsed JSON. */
export function readSchema(namespace: ModuleNamespace | undefined): SchemaDefinition | null {
  if (namespace === undefined) return null;
  if (!hasExport(namespace.default))
    throw refusal("The default export of `convex/schema.ts` is not a schema.");
  const schema = parseJson<SchemaDefinition>(z.string().parse(namespace.default.export()));
  const problem = schemaProblem(schema);
  if (problem !== null) throw refusal(problem);
  return schema;
}

const authConfig = z.object({
  providers: z.array(
    z.union([
      z.object({
        type: z.literal("customJwt"),
        issuer: z.string(),
        jwks: z.string(),
        algorithm: z.enum(["RS256", "ES256"]),
        applicationID: z.string().optional(),
      }),
      z.object({ applicationID: z.string(), domain: z.string() }),
    ]),
  ),
});

export function readAuthProviders(namespace: ModuleNamespace | undefined): AuthProvider[] {
  if (namespace === undefined) return [];
  const parsed = authConfig.safeParse(namespace.default);
  if (parsed.success) return parsed.data.providers;
  throw refusal(
    `The default export of \`convex/auth.config.ts\` is not valid: ${z.prettifyError(parsed.error)}`,
  );
}

const appDefinition = z.looseObject({
  definitionType: z.looseObject({ type: z.literal("app") }),
  httpPrefix: z.string().optional(),
  childComponents: z.array(z.unknown()).max(0),
  exports: z.unknown(),
  envVars: z
    .array(
      z.tuple([
        z.string(),
        z.object({ type: z.literal("value"), value: z.string(), optional: z.boolean().optional() }),
      ]),
    )
    .optional(),
});
export type AppDefinition = z.infer<typeof appDefinition>;

/** What `convex.config.ts` declares; null without that file. */
export function readAppDefinition(namespace: ModuleNamespace | undefined): AppDefinition | null {
  if (namespace === undefined) return null;
  if (!hasExport(namespace.default)) {
    throw refusal("The default export of `convex/convex.config.ts` is not an app definition.");
  }
  const definition = appDefinition.parse(namespace.default.export());
  if (definition.httpPrefix !== undefined) {
    throw refusal("`httpPrefix` of an app is not supported by the embedded deployment.");
  }
  return definition;
}

function hasExport(value: unknown): value is { export(): unknown } {
  return (
    typeof value === "object" && value !== null && "export" in value && typeof value.export === "function"
  );
}

function refusal(message: string): PushError {
  return new PushError(400, "InvalidModules", `Hit an error while pushing:\n${message}`);
}

/** The pushed library's own JSON; its shape is fixed by the version of `convex`. */
function parseJson<T>(text: string): T {
  return JSON.parse(text) as T;
}
