import type { AuthProvider } from "../host/types.ts";
import type { CronDiff } from "../scheduler/cronJobs.ts";
import type { IndexDiff, Store } from "../store/types.ts";
import { routesOf } from "./analyzeModules.ts";
import type { EvaluatedPush } from "./evaluatePush.ts";
import { hashModule } from "./pushRequest.ts";

interface SchemaChange {
  /** Ours: says which staged push `wait_for_schema` asks about. */
  pushId: string;
  allocatedComponentIds: Record<string, never>;
  schemaIds: Record<string, never>;
  indexDiffs: {
    "": {
      added_indexes: IndexDiff["added"];
      removed_indexes: IndexDiff["removed"];
      enabled_indexes: never[];
      disabled_indexes: never[];
    };
  };
}

export function schemaChangeOf({ deployment }: EvaluatedPush, store: Store): SchemaChange {
  const diff = store.diffIndexes(deployment.schema);
  return {
    pushId: deployment.pushId,
    allocatedComponentIds: {},
    schemaIds: {},
    indexDiffs: {
      "": {
        added_indexes: diff.added,
        removed_indexes: diff.removed,
        enabled_indexes: [],
        disabled_indexes: [],
      },
    },
  };
}

/** The body of `start_push`; the CLI sends all of it back with `finish_push`. */
export function startResponse(push: EvaluatedPush, options: { store: Store }): unknown {
  const { deployment, app } = push;
  const { schema } = deployment;
  return {
    pushId: deployment.pushId,
    environmentVariables: {},
    externalDepsId: null,
    componentDefinitionPackages: { "": null },
    appAuth: deployment.authProviders.map(describeProvider),
    analysis: {
      "": {
        definition: {
          path: "",
          definitionType: { type: "app" },
          childComponents: [],
          httpMounts: {},
          exports: app?.exports ?? { type: "branch", branch: [] },
          ...(app?.envVars === undefined ? {} : { envVars: app.envVars }),
        },
        schema,
        functions: push.analysis,
        udfConfig: {
          serverVersion: push.source.serverVersion,
          importPhaseRngSeed: null,
          importPhaseUnixTimestamp: null,
        },
      },
    },
    app: {
      definitionPath: "",
      componentPath: "",
      args: {},
      childComponents: {},
      httpRoutes: {
        httpModuleRoutes: deployment.router === null ? null : routesOf(deployment.router),
        mounts: [],
      },
      exports: {},
    },
    schemaChange: schemaChangeOf(push, options.store),
  };
}

function describeProvider(provider: AuthProvider): unknown {
  return "type" in provider ? { ...provider, applicationID: provider.applicationID ?? null } : provider;
}

/** The body of `finish_push`: what changed against the push that was live before. */
export function finishResponse(
  push: EvaluatedPush,
  previous: EvaluatedPush | null,
  cronDiff: CronDiff,
  indexDiff: { added_indexes: IndexDiff["added"]; removed_indexes: IndexDiff["removed"] } = {
    added_indexes: [],
    removed_indexes: [],
  },
): unknown {
  const providers = (each: EvaluatedPush | null) =>
    (each?.deployment.authProviders ?? []).map((provider) => JSON.stringify(describeProvider(provider)));
  const modules = (each: EvaluatedPush | null) =>
    new Map(each?.source.modules.map((module) => [module.path, hashModule(module)]));
  const before = modules(previous);
  const after = modules(push);
  const isChanged = (path: string) => before.get(path) !== after.get(path);
  return {
    authDiff: {
      added: providers(push).filter((provider) => !providers(previous).includes(provider)),
      removed: providers(previous).filter((provider) => !providers(push).includes(provider)),
    },
    definitionDiffs: {},
    componentDiffs: {
      "": {
        diffType: { type: previous === null ? "create" : "modify" },
        moduleDiff: {
          added: [...after.keys()].filter(isChanged),
          removed: [...before.keys()].filter((path) => !after.has(path)),
        },
        udfConfigDiff: null,
        cronDiff,
        indexDiff: { added_indexes: indexDiff.added_indexes, removed_indexes: indexDiff.removed_indexes },
        schemaDiff: null,
      },
    },
  };
}
