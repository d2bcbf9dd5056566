import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withLibraryNames } from "./libraryNames.ts";

const LIBRARY = `
const whileLoading = (() => { const made = () => 1; return made; })();
export function makeInLibrary() { const made = () => 1; return made; }
export const ofLibrary = { whileLoading, makeInLibrary };
export class OfLibrary {}
`;
const MODULE = `
import { makeInLibrary, ofLibrary, OfLibrary } from "library";
export function names() {
  const mine = () => new Error("here").stack;
  const { whileLoading } = ofLibrary;
  return { mine: mine.name, madeInLibrary: makeInLibrary().name, whileLoading: whileLoading.name, makeInLibrary: makeInLibrary.name, OfLibrary: OfLibrary.name };
}
`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "library-names-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Bundles as the Convex CLI does: minified identifiers with their names kept, shared chunks in `_deps`. */
async function bundle(): Promise<{ path: string; source: string; environment: "isolate" }[]> {
  await mkdir(join(directory, "node_modules/library"), { recursive: true });
  await writeFile(
    join(directory, "node_modules/library/package.json"),
    '{"type":"module","main":"index.js"}',
  );
  await writeFile(join(directory, "node_modules/library/index.js"), LIBRARY);
  for (const name of ["one.ts", "two.ts"]) await writeFile(join(directory, name), MODULE);
  const { outputFiles } = await build({
    absWorkingDir: directory,
    entryPoints: ["one.ts", "two.ts"],
    bundle: true,
    splitting: true,
    format: "esm",
    minifyIdentifiers: true,
    minifySyntax: true,
    keepNames: true,
    chunkNames: "_deps/[hash]",
    outdir: join(directory, "out"),
    write: false,
  });
  return outputFiles.map(({ path, text }) => ({
    path: path.slice(join(directory, "out/").length),
    source: text,
    environment: "isolate",
  }));
}

async function namesOf(modules: readonly { path: string; source: string }[], root: string) {
  await mkdir(join(directory, root, "_deps"), { recursive: true });
  await writeFile(join(directory, root, "package.json"), '{"type":"module"}');
  for (const { path, source } of modules) await writeFile(join(directory, root, path), source);
  const module = await import(pathToFileURL(join(directory, root, "one.js")).href);
  return module.names();
}

test("only what a library makes while it runs loses its name, and no line moves", async () => {
  const modules = await bundle();
  const kept = { mine: "mine", whileLoading: "made", makeInLibrary: "makeInLibrary", OfLibrary: "OfLibrary" };
  expect(await namesOf(modules, "as-on-convex")).toEqual({ ...kept, madeInLibrary: "made" });
  const changed = withLibraryNames(modules);
  expect(await namesOf(changed, "changed")).toEqual({
    ...kept,
    madeInLibrary: expect.not.stringMatching("made"),
  });
  for (const [position, { source }] of changed.entries()) {
    const before = modules[position]?.source.split("\n") ?? [];
    expect(source.split("\n").length - before.length).toBeLessThanOrEqual(2);
    expect(
      source
        .split("\n")
        .slice(1, before.length - 1)
        .map(withoutMark),
    ).toEqual(before.slice(1, -1));
  }
});

function withoutMark(line: string): string {
  return line.replaceAll(/\b(\w+)\$atLoad\(/g, "$1(");
}
