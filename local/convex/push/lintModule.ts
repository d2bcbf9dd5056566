import { builtinModules } from "node:module";
import { PushError } from "../host/types.ts";
import type { ModuleSource } from "./pushRequest.ts";

const importPattern = /^\s*(?:import|export)\b(?:[^'"();]*?\bfrom)?\s*["']([^"']+)["']/gm;
const builtins = new Set(builtinModules);

/** Refuses what Convex's isolate cannot import: Node's modules outside of "use node" files. */
export function lintModule(module: ModuleSource): void {
  if (module.environment === "node") return;
  for (const [, specifier = ""] of module.source.matchAll(importPattern)) {
    if (specifier.startsWith("node:") || builtins.has(specifier)) {
      throw new PushError(
        400,
        "InvalidModules",
        `Hit an error while pushing:\n${module.path} imports "${specifier}", which Convex's default runtime does not have. Add "use node" at the top of the file that needs it, or do without it.`,
      );
    }
  }
}
