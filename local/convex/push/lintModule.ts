import { builtinModules, SourceMap } from "node:module";
import { transform } from "esbuild";
import { PushError } from "../host/types.ts";
import type { ModuleSource } from "./pushRequest.ts";

const importPattern = /^\s*(?:import|export)\b(?:[^'"();]*?\bfrom)?\s*["']([^"']+)["']/gm;
const builtins = new Set(builtinModules);

/** What Node or a browser has, Convex's isolate lacks, and people reach for. */
const missing = [
  ...[
    "Buffer",
    "queueMicrotask",
    "setImmediate",
    "clearImmediate",
    "global",
    "require",
    "__dirname",
    "__filename",
  ],
  ...["CompressionStream", "DecompressionStream", "ByteLengthQueuingStrategy", "CountQueuingStrategy"],
  ...["WebSocket", "EventSource", "XMLHttpRequest", "MessageChannel", "MessagePort", "BroadcastChannel"],
  ...["CustomEvent", "navigator", "location", "window", "document", "localStorage", "sessionStorage"],
  ...["AbortSignal.abort", "process.nextTick", "process.hrtime", "process.cwd", "process.platform"],
  ...[
    "process.version",
    "process.versions",
    "process.argv",
    "process.exit",
    "process.stdout",
    "process.stderr",
  ],
];
const marker = "convexIsolateLacks";
const markers = Object.fromEntries(missing.map((name, index) => [name, `${marker}${index}`]));
/** A use: after typeof, which nothing follows; and followed by what needs a value. */
const usePattern = new RegExp(`(typeof (?:\\(0, )?)?${marker}(\\d+)(\\)?[(.[])?`, "g");
const shownMax = 10;

/**
 * Refuses what Convex's default runtime lacks, outside of "use node" files: imports of Node's modules anywhere; missing globals
 * in the project's own files, where a file does not ask with `typeof` first. Packages often carry code for other runtimes that
 * Convex accepts and never runs.
 */
export async function lintModule(module: ModuleSource): Promise<void> {
  if (module.environment === "node") return;
  const problems = [...badImports(module), ...(await missingGlobals(module))];
  if (problems.length === 0) return;
  const more = problems.length > shownMax ? [`… and ${problems.length - shownMax} more`] : [];
  throw new PushError(
    400,
    "InvalidModules",
    `Hit an error while pushing:\n${[...problems.slice(0, shownMax), ...more].join("\n")}\nConvex's default runtime does not have these. Add "use node" at the top of the file that needs them, or do without.`,
  );
}

function badImports({ path, source, sourceMap }: ModuleSource): string[] {
  const map = sourceMap === undefined ? null : new SourceMap(JSON.parse(sourceMap));
  return [...source.matchAll(importPattern)]
    .filter(([, specifier = ""]) => specifier.startsWith("node:") || builtins.has(specifier))
    .map((match) => {
      const start = match.index + match[0].search(/\S/);
      const { file, line } = originOf(positionAt(source, start), map, path);
      return `${file}:${line} imports "${match[1]}"`;
    });
}

/** esbuild puts a marker where a name is used and nothing in the module declares it. */
async function missingGlobals({ path, source, sourceMap }: ModuleSource): Promise<string[]> {
  const mentioned = new Set(source.match(/[A-Za-z_$][\w$]*/g));
  const define = Object.entries(markers).filter(([name]) => mentioned.has(name.split(".").at(-1) ?? name));
  if (define.length === 0) return [];
  const input =
    sourceMap === undefined
      ? source
      : `${source}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(sourceMap).toString("base64")}\n`;
  const { code, map } = await transform(input, {
    format: "esm",
    sourcefile: `../convex/${path}`,
    sourcemap: "external",
    sourcesContent: false,
    define: Object.fromEntries(define),
    logLevel: "silent",
  });
  const positions = new SourceMap(JSON.parse(map));
  const uses = [...code.matchAll(usePattern)].map((match) => ({
    name: missing[Number(match[2])] ?? "",
    isGuard: match[1] !== undefined,
    isNeeded: match[3] !== undefined,
    ...originOf(positionAt(code, match.index + (match[1]?.length ?? 0)), positions, path),
  }));
  const guarded = new Set(uses.filter((use) => use.isGuard).map((use) => `${use.file} ${rootOf(use.name)}`));
  return (
    uses
      .filter((use) => !use.file.includes("node_modules/"))
      .filter((use) => !guarded.has(`${use.file} ${rootOf(use.name)}`))
      // To read a property that is not there harms nobody.
      .filter((use) => use.isNeeded || !use.name.includes("."))
      .map((use) => `${use.file}:${use.line} uses \`${use.name}\``)
  );
}

function rootOf(name: string): string {
  return name.split(".")[0] ?? name;
}

function positionAt(text: string, index: number): { line: number; column: number } {
  const before = text.slice(0, index);
  const line = before.split("\n").length - 1;
  return { line, column: index - (before.lastIndexOf("\n") + 1) };
}

function originOf(
  at: { line: number; column: number },
  map: SourceMap | null,
  path: string,
): { file: string; line: number } {
  const entry = map?.findEntry(at.line, at.column);
  if (entry && "originalSource" in entry && typeof entry.originalSource === "string") {
    return { file: shortName(entry.originalSource), line: entry.originalLine + 1 };
  }
  return { file: `convex/${path}`, line: at.line + 1 };
}

function shortName(file: string): string {
  const start = Math.max(file.lastIndexOf("/convex/"), file.lastIndexOf("/node_modules/"));
  return start < 0 ? file : file.slice(start + 1);
}
