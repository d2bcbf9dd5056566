import { mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { isolateGlobals, nodeGlobals } from "../host/isolateGlobals.ts";
import type { ModuleSource } from "./pushRequest.ts";

const { nativeImport } = createRequire(import.meta.url)("./nativeImport.cjs");
const registryKey = Symbol.for("convex.embedded.globals");
const registry = globalsRegistry();

const maxAttempts = 24;

export type ModuleNamespace = Record<string, unknown>;

export interface LoadedModules {
  namespaces: Map<string, ModuleNamespace>;
  /** URL of the directory that the modules were imported from, with a trailing slash. */
  baseUrl: string;
  remove(): Promise<void>;
}

export interface LoadOptions {
  /** Parent of the push's own directory; inside the project, so that external packages resolve. */
  directory: string;
  pushId: string;
  modules: readonly ModuleSource[];
  /** Called with the directory of the push before anything is imported from it. */
  prepare?: (root: string) => Promise<void>;
  /** What the modules see as `process.env`. */
  processEnv: object;
  /** Imports one module; the place to set up what must hold while it is evaluated. */
  importing: (path: string, load: () => Promise<ModuleNamespace>) => Promise<ModuleNamespace>;
}

/**
 * Writes modules to a directory of their own and imports them, chunks (`_deps/`) excepted. Each file gets one import
 * declaration in front, on its first line, that shadows Node's globals by those of Convex's runtime: no vm context
 * is needed, and line numbers hold.
 */
export async function loadModules(options: LoadOptions): Promise<LoadedModules> {
  const { directory, pushId, modules } = options;
  const isolate = isolateGlobals(options.processEnv);
  const node = nodeGlobals(options.processEnv);
  registry.set(`${pushId}.isolate`, isolate);
  registry.set(`${pushId}.node`, node);
  const skips = new Set<string>();
  for (let attempt = 0; ; attempt++) {
    const root = join(directory, attempt === 0 ? pushId : `${pushId}-${attempt}`);
    await writeFiles(root, pushId, { modules, skips, isolate, node });
    const remove = () => rm(root, { recursive: true, force: true });
    try {
      await options.prepare?.(root);
      const namespaces = await importAll(root, options);
      return { namespaces, baseUrl: `${pathToFileURL(root).href}/`, remove };
    } catch (error) {
      await remove();
      // A declaration that `isDeclared` does not see. A module with a syntax error has not run.
      const name = error instanceof SyntaxError ? duplicateName(error) : null;
      if (name === null || skips.has(name) || attempt >= maxAttempts) throw error;
      skips.add(name);
    }
  }
}

async function importAll(root: string, options: LoadOptions): Promise<Map<string, ModuleNamespace>> {
  const namespaces = new Map<string, ModuleNamespace>();
  for (const { path } of options.modules) {
    if (path.startsWith("_deps/")) continue;
    const url = pathToFileURL(join(root, path)).href;
    namespaces.set(path, await options.importing(path, () => nativeImport(url)));
  }
  return namespaces;
}

/** The written modules find it by its symbol; this module may be loaded more than once in a process. */
function globalsRegistry(): Map<string, Record<string, unknown>> {
  const existing: unknown = Reflect.get(globalThis, registryKey);
  if (existing instanceof Map) return existing;
  const created = new Map<string, Record<string, unknown>>();
  Object.defineProperty(globalThis, registryKey, { value: created });
  return created;
}

interface Content {
  modules: readonly ModuleSource[];
  skips: ReadonlySet<string>;
  isolate: Record<string, unknown>;
  node: Record<string, unknown>;
}

async function writeFiles(root: string, pushId: string, content: Content): Promise<void> {
  await mkdir(root, { recursive: true });
  await writeFile(join(root, "package.json"), '{"type":"module"}\n');
  await writeFile(join(root, "globals.isolate.js"), globalsModule(`${pushId}.isolate`, content.isolate));
  await writeFile(join(root, "globals.node.js"), globalsModule(`${pushId}.node`, content.node));
  for (const module of content.modules) {
    const file = join(root, module.path);
    await mkdir(dirname(file), { recursive: true });
    const names = Object.keys(module.environment === "node" ? content.node : content.isolate);
    const mentioned = new Set(module.source.match(/[A-Za-z_$][\w$]*/g));
    const shadowed = names.filter(
      (name) => mentioned.has(name) && !content.skips.has(name) && !isDeclared(module.source, name),
    );
    const globals = join(root, `globals.${module.environment}.js`);
    await writeFile(file, importLine(relative(dirname(file), globals), shadowed) + module.source);
  }
}

function globalsModule(key: string, values: Record<string, unknown>): string {
  const lines = Object.keys(values).map(
    (name, index) => `const v${index} = values[${JSON.stringify(name)}];`,
  );
  const names = Object.keys(values).map((name, index) => `v${index} as ${name}`);
  return [
    `const values = globalThis[Symbol.for(${JSON.stringify(registryKey.description)})].get(${JSON.stringify(key)});`,
    ...lines,
    `export { ${names.join(", ")} };`,
    "",
  ].join("\n");
}

function importLine(path: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const specifier = path.startsWith(".") ? path : `./${path}`;
  return `import { ${names.join(", ")} } from ${JSON.stringify(specifier)}; `;
}

/** True when `source` declares or imports `name` at its top level. */
function isDeclared(source: string, name: string): boolean {
  const declaration = new RegExp(
    `^(?:export\\s+)?(?:default\\s+)?(?:async\\s+)?(?:(?:function\\s*\\*?|class)\\s+${name}\\b|(?:var|let|const)\\s[^=;]*\\b${name}\\b)`,
    "m",
  );
  const imported = new RegExp(`^import\\b[^;'"]*\\b${name}\\b[^;'"]*\\bfrom\\b`, "m");
  return declaration.test(source) || imported.test(source);
}

function duplicateName(error: SyntaxError): string | null {
  return /Identifier '([^']+)' has already been declared/.exec(error.message)?.[1] ?? null;
}
