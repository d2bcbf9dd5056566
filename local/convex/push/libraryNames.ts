import { posix } from "node:path";
import { editParts } from "./editParts.ts";
import type { ModuleSource } from "./pushRequest.ts";

/** The helper by which esbuild gives minified functions their names back (`keepNames`), where it is defined. */
const HELPER =
  /\bvar (\w+) = \((\w+), (\w+)\) => \w+\(\2, "name", \{ value: \3, configurable: (?:!0|true) \}\);/;
const IMPORT = /\bimport \{([^}]*)\} from "([^"]*)";/g;

/**
 * The sources of a push, in which functions that libraries make while they run keep the bundler's short names: naming one
 * takes its shape out of V8's fast mode, and `convex/server` and Hono make some seventy a request, 4 % of its CPU. What a library
 * makes while it is evaluated, its classes, and all functions of the project itself have their names as on Convex.
 */
export function withLibraryNames(modules: readonly ModuleSource[]): ModuleSource[] {
  const helpers = new Map<string, string>();
  for (const { path, source } of modules) {
    const local = HELPER.exec(source)?.[1];
    const exported = local && new RegExp(`^ {2}${local} as (\\w+),?$`, "m").exec(source)?.[1];
    if (exported) helpers.set(path, exported);
  }
  return modules.map((module) => {
    const helper = HELPER.exec(module.source)?.[1] ?? importedHelper(module, helpers);
    return helper === null ? module : { ...module, source: withNamesAtLoad(module.source, helper) };
  });
}

/** What a module calls the helper that it imports; null when it imports none. */
function importedHelper({ path, source }: ModuleSource, helpers: ReadonlyMap<string, string>): string | null {
  for (const [, names = "", from = ""] of source.matchAll(IMPORT)) {
    const exported = helpers.get(posix.join(posix.dirname(path), from));
    for (const name of names.split(",")) {
      const [imported, local = imported] = name.trim().split(" as ");
      if (imported !== undefined && imported === exported) return local ?? null;
    }
  }
  return null;
}

/** Line numbers hold: what is added stands on the first line and behind the last. */
function withNamesAtLoad(source: string, helper: string): string {
  const atLoad = `${helper}$atLoad`;
  const text = editParts(source, (part, file) => {
    const isLibrary = file.startsWith("node_modules/");
    // esbuild's own mark of a function expression; a name of the bundler's is not given twice.
    return isLibrary ? part.replaceAll(`/* @__PURE__ */ ${helper}(`, `/* @__PURE__ */ ${atLoad}(`) : part;
  });
  if (text === source) return source;
  const isLoaded = `${helper}$isLoaded`;
  const definition = `let ${isLoaded} = false; const ${atLoad} = (fn, name) => ${isLoaded} ? fn : ${helper}(fn, name); `;
  return `${definition}${text}\n${isLoaded} = true;\n`;
}
