import { createRequire } from "node:module";
import { posix } from "node:path";
import { Script } from "node:vm";
import { transform } from "esbuild";
import { currentInvocation } from "../host/invocation.ts";
import { createScope } from "../host/isolateGlobals.ts";
import { hiddenNames, ISOLATE_NAMES } from "../host/isolateNames.ts";
import type { ModuleNamespace } from "./moduleLoader.ts";
import type { ModuleSource } from "./pushRequest.ts";

type Require = (specifier: string) => unknown;
interface CommonModule {
  exports: ModuleNamespace;
}
/** One module as a function: of the globals, then of what CommonJS gives a module. */
type Factory = (
  ...globals: unknown[]
) => (require: Require, module: CommonModule, exports: ModuleNamespace) => void;

/**
 * Evaluates pushed modules anew for each call, as Convex does, so that nothing a module keeps outlives the call. The code
 * is compiled once: what is repeated is the run of the modules' top levels.
 */
export class FreshModules {
  readonly #factories = new Map<string, Factory>();
  readonly #sourceMaps = new Map<string, string>();
  readonly #globals: object;
  readonly #names: string[];
  /** What was not bundled, as in tests that push sources; evaluated once for all. */
  readonly #packages: Require;

  private constructor(globals: object, baseUrl: string) {
    this.#globals = globals;
    this.#packages = createRequire(baseUrl);
    this.#names = [...ISOLATE_NAMES, ...hiddenNames()].filter(
      (name) => /^[A-Za-z_$]/.test(name) && !isFixed(name),
    );
  }

  /** `globals` are what the modules see; `baseUrl` is where stack traces find them. */
  static async compile(
    modules: readonly ModuleSource[],
    { globals, baseUrl }: { globals: object; baseUrl: string },
  ): Promise<FreshModules> {
    const fresh = new FreshModules(globals, baseUrl);
    await Promise.all(
      modules
        .filter((module) => module.environment === "isolate")
        .map((module) => fresh.#compile(module, baseUrl)),
    );
    return fresh;
  }

  /** The source map of a module as it runs here. */
  sourceMapOf(path: string): string | undefined {
    return this.#sourceMaps.get(path);
  }

  /** Runs a module and what it imports. */
  evaluate(path: string): ModuleNamespace {
    const scope = createScope(this.#globals);
    const values = this.#names.map((name) => Reflect.get(scope, name));
    const loaded = new Map<string, CommonModule>();
    const load = (at: string): ModuleNamespace => {
      const known = loaded.get(at);
      if (known !== undefined) return known.exports;
      const factory = this.#factories.get(at);
      if (factory === undefined) throw new Error(`The module ${at} was not pushed.`);
      const module: CommonModule = { exports: {} };
      loaded.set(at, module);
      const require: Require = (specifier) =>
        specifier.startsWith(".")
          ? load(posix.join(posix.dirname(at), specifier))
          : this.#packages(specifier);
      factory(...values)(require, module, module.exports);
      return module.exports;
    };
    return currentInvocation.exit(() => load(path));
  }

  async #compile({ path, source, sourceMap }: ModuleSource, baseUrl: string): Promise<void> {
    const { code, map } = await transform(withMap(source, sourceMap), {
      format: "cjs",
      target: "node20",
      sourcefile: `../convex/${path}`,
      sourcemap: "external",
      sourcesContent: false,
      // The form that esbuild writes needs these; the module itself must not see them.
      define: { require: "undefined", module: "undefined", exports: "undefined" },
    });
    this.#sourceMaps.set(path, map);
    const text = `(function(${this.#names.join(",")}){return function(require,module,exports){${code}\n}})`;
    const factory: Factory = new Script(text, { filename: baseUrl + path }).runInThisContext();
    this.#factories.set(path, factory);
  }
}

/** Names that cannot be parameters of a strict function. */
function isFixed(name: string): boolean {
  return ["undefined", "NaN", "Infinity", "eval"].includes(name);
}

function withMap(source: string, sourceMap: string | undefined): string {
  if (sourceMap === undefined) return source;
  const url = `data:application/json;base64,${Buffer.from(sourceMap).toString("base64")}`;
  return `${source}\n//# sourceMappingURL=${url}\n`;
}
