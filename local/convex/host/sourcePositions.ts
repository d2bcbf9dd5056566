import { SourceMap } from "node:module";

interface Frame {
  call: string;
  module: string;
  line: number;
  column: number;
}

/** Turns stack traces of pushed modules into positions in the source files, by the pushed source maps. */
export class SourcePositions {
  readonly #maps = new Map<string, SourceMap | null>();

  constructor(
    /** URL of the push's directory, with a trailing slash. */
    readonly baseUrl: string,
    readonly sourceMapOf: (module: string) => string | undefined,
  ) {}

  /** The frames that lie in pushed modules, each as `    at name (file:line:column)` and a newline. */
  trace(error: Error): string {
    return (error.stack ?? "")
      .split("\n")
      .map((line) => this.#frame(line))
      .filter((frame) => frame !== null)
      .map((frame) => `    at ${frame.call} (${this.#position(frame)})\n`)
      .join("");
  }

  #frame(line: string): Frame | null {
    const start = line.indexOf(this.baseUrl);
    if (start < 0) return null;
    const [module, lineText, columnText] = line.slice(start + this.baseUrl.length).split(":");
    const name = /^\s+at (?:async )?(.*?) \(/.exec(line)?.[1] ?? "<anonymous>";
    if (module === undefined || lineText === undefined) return null;
    return {
      call: name,
      module,
      line: Number.parseInt(lineText, 10),
      column: Number.parseInt(columnText ?? "1", 10),
    };
  }

  #position(frame: Frame): string {
    const entry = this.#map(frame.module)?.findEntry(frame.line - 1, frame.column - 1);
    if (entry && "originalSource" in entry && typeof entry.originalSource === "string") {
      const source = sourceName(entry.originalSource);
      return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    }
    return `../convex/${frame.module}:${frame.line}:${frame.column}`;
  }

  #map(module: string): SourceMap | null {
    const known = this.#maps.get(module);
    if (known !== undefined) return known;
    const text = this.sourceMapOf(module);
    const map = text === undefined ? null : new SourceMap(JSON.parse(text));
    this.#maps.set(module, map);
    return map;
  }
}

/** Source maps hold paths relative to where the CLI bundled; Convex shows them relative to the project. */
function sourceName(path: string): string {
  for (const root of ["node_modules/", "convex/"]) {
    const start = path.lastIndexOf(`/${root}`);
    if (start >= 0) return `..${path.slice(start)}`;
  }
  return path;
}
