import { join } from "node:path";
import type { Deployment } from "../host/deployment.ts";
import { type Environment, UnsetVariableError } from "../host/environment.ts";
import { visibleGlobals } from "../host/isolateGlobals.ts";
import { SourcePositions } from "../host/sourcePositions.ts";
import { PushError } from "../host/types.ts";
import {
  type AnalyzedModule,
  type AppDefinition,
  analyzeModules,
  readAppDefinition,
  readAuthProviders,
  readSchema,
} from "./analyzeModules.ts";
import { freshDeployment } from "./freshDeployment.ts";
import { FreshModules } from "./freshModules.ts";
import { withLibraryNames } from "./libraryNames.ts";
import { withLibraryValues } from "./libraryValues.ts";
import { lintModule } from "./lintModule.ts";
import { loadModules } from "./moduleLoader.ts";
import { linkNodeDependencies } from "./nodeDependencies.ts";
import type { PushSource } from "./pushRequest.ts";

/** One push, imported and analysed, not yet live. */
export interface EvaluatedPush {
  source: PushSource;
  deployment: Deployment;
  analysis: Record<string, AnalyzedModule>;
  app: AppDefinition | null;
  /** Deletes the files. Imported modules stay usable. */
  remove(): Promise<void>;
}

/** Writes, imports and analyses the modules of a push. Throws `PushError`; then nothing is left behind. */
export async function evaluatePush(
  source: PushSource,
  options: { pushId: string; directory: string; env: Environment; isStrict: boolean },
): Promise<EvaluatedPush> {
  const { pushId, directory, env } = options;
  const configs = [source.definition, source.schema].filter((module) => module !== null);
  // The auth config comes first: what it imports must be evaluated while unset variables are refused.
  const isAuth = (path: string) => path === "auth.config.js";
  const modules = [...source.modules]
    .sort((a, b) => Number(isAuth(b.path)) - Number(isAuth(a.path)))
    .concat(configs.map((module) => ({ ...module, path: module.path.split("/").at(-1) ?? module.path })));
  await Promise.all(modules.map(lintModule));
  const phase = new AuthPhase();
  const processEnv = env.processEnv(phase.isNow);
  const loaded = await loadModules({
    directory,
    pushId,
    modules: withLibraryValues(withLibraryNames(modules)),
    prepare: (root) => linkNodeDependencies(root, source.nodeDependencies, join(directory, "..", "packages")),
    processEnv,
    importing: async (path, load) => {
      phase.begin(isAuth(path));
      try {
        return await load();
      } catch (error) {
        throw importError(path, error);
      } finally {
        phase.begin(false);
      }
    },
  });
  const { namespaces } = loaded;
  const named = (module: { path: string } | null) =>
    module === null ? undefined : namespaces.get(module.path.split("/").at(-1) ?? "");
  try {
    const { functions, router, crons, analysis } = analyzeModules(source.modules, namespaces);
    const app = readAppDefinition(named(source.definition));
    assertEnvironment(app, env);
    const sourceMaps = new Map(modules.map((module) => [module.path, module.sourceMap]));
    const deployment: Deployment = {
      pushId,
      functions,
      router,
      crons,
      authProviders: readAuthProviders(namespaces.get("auth.config.js")),
      schema: readSchema(named(source.schema)),
      positions: new SourcePositions(loaded.baseUrl, (path) => sourceMaps.get(path)),
    };
    if (options.isStrict) {
      const globals = visibleGlobals(processEnv);
      const fresh = await FreshModules.compile(modules, { globals, baseUrl: loaded.baseUrl });
      return { source, deployment: freshDeployment(deployment, fresh), analysis, app, remove: loaded.remove };
    }
    return { source, deployment, analysis, app, remove: loaded.remove };
  } catch (error) {
    await loaded.remove();
    throw error;
  }
}

/**
 * Whether the auth config is being evaluated. Apart from the push, because what asks lives as long as the process: imported
 * modules cannot be given back, and a closure of `evaluatePush` would keep all sources and source maps with them.
 */
class AuthPhase {
  #isNow = false;
  readonly isNow = (): boolean => this.#isNow;

  begin(isNow: boolean): void {
    this.#isNow = isNow;
  }
}

function importError(path: string, error: unknown): unknown {
  if (error instanceof UnsetVariableError) {
    return new PushError(400, "AuthConfigMissingEnvironmentVariable", error.message);
  }
  // The loader looks at syntax errors itself before they are reported.
  if (error instanceof SyntaxError && /has already been declared/.test(error.message)) return error;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new PushError(
    400,
    "InvalidModules",
    `Hit an error while pushing:\nLoading the pushed modules encountered the following error:\nFailed to analyze ${path}: Uncaught ${message}`,
  );
}

function assertEnvironment(app: AppDefinition | null, env: Environment): void {
  const missing = (app?.envVars ?? [])
    .filter(([name, variable]) => variable.optional !== true && env.get(name) === undefined)
    .map(([name]) => name);
  if (missing.length === 0) return;
  throw new PushError(
    400,
    "MissingEnvironmentVariables",
    `Hit an error while pushing:\nEnvironment variables declared in convex.config.ts are not set: ${missing.join(", ")}. Set each with \`npx convex env set NAME value\`.`,
  );
}
