import { createHash } from "node:crypto";
import { z } from "zod";
import { PushError } from "../host/types.ts";
import { nodeDependency } from "./nodeDependencies.ts";

const environment = z.enum(["isolate", "node"]);
const moduleSource = z.object({
  path: z.string().regex(/^(?!.*\.\.)[\w$./@-]+\.js$/),
  source: z.string(),
  sourceMap: z.string().optional(),
  environment,
});
export type ModuleSource = z.infer<typeof moduleSource>;

const pushRequest = z.object({
  dryRun: z.boolean().optional(),
  appDefinition: z.object({
    definition: moduleSource.nullable(),
    schema: moduleSource.nullable(),
    changedModules: z.array(moduleSource),
    unchangedModuleHashes: z.array(z.object({ path: z.string(), environment, sha256: z.string() })),
    udfServerVersion: z.string(),
  }),
  nodeDependencies: z.array(nodeDependency).default([]),
  componentDefinitions: z.array(z.object({ definitionPath: z.string() })),
});

/** Everything that one push consists of; what is kept to restore it after a restart. */
export const pushSource = z.object({
  definition: moduleSource.nullable(),
  schema: moduleSource.nullable(),
  modules: z.array(moduleSource),
  serverVersion: z.string(),
  /** External packages of "use node" modules. */
  nodeDependencies: z.array(nodeDependency).default([]),
});
export type PushSource = z.infer<typeof pushSource>;

export function hashModule(module: ModuleSource): string {
  const hash = createHash("sha256").update(module.source);
  if (module.sourceMap !== undefined) hash.update(module.sourceMap);
  return hash.digest("hex");
}

/** The complete set of modules of a `start_push` body; unchanged ones are taken from the active push. */
export function readPushRequest(body: unknown, active: PushSource | null): PushSource {
  const parsed = pushRequest.safeParse(body);
  if (!parsed.success) {
    throw new PushError(
      400,
      "BadPushRequest",
      `The push could not be read: ${z.prettifyError(parsed.error)}`,
    );
  }
  const { appDefinition, componentDefinitions, nodeDependencies } = parsed.data;
  if (componentDefinitions.length > 0) {
    const names = componentDefinitions.map((component) => component.definitionPath).join(", ");
    throw new PushError(
      400,
      "ComponentsNotSupported",
      `Hit an error while pushing:\nComponents are not supported by the embedded deployment: ${names}. Remove them from convex.config.ts, or push to a real Convex deployment.`,
    );
  }
  const known = new Map(active?.modules.map((module) => [`${module.path} ${hashModule(module)}`, module]));
  const unchanged = appDefinition.unchangedModuleHashes.map(({ path, sha256 }) => {
    const module = known.get(`${path} ${sha256}`);
    if (module === undefined) {
      throw new PushError(
        400,
        "UnknownModuleHash",
        `Hit an error while pushing:\nModule ${path} is not in the active push any more; push again with --push-all-modules.`,
      );
    }
    return module;
  });
  return {
    definition: appDefinition.definition,
    schema: appDefinition.schema,
    modules: [...appDefinition.changedModules, ...unchanged],
    serverVersion: appDefinition.udfServerVersion,
    nodeDependencies,
  };
}
