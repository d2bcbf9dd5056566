import { build } from "esbuild";
import { expect, test } from "vitest";
import { lintModule } from "./lintModule.ts";

const lint = (source: string, environment: "isolate" | "node" = "isolate") =>
  lintModule({ path: "dir/tool.js", source, environment });

test.each([
  ['import { a } from "./a.js";\nimport fs from "node:fs";', 'convex/dir/tool.js:2 imports "node:fs"'],
  ['export * from "path";', 'convex/dir/tool.js:1 imports "path"'],
  ["\nexport const a = () => Buffer.from('a');", "convex/dir/tool.js:2 uses `Buffer`"],
  ["queueMicrotask(() => {});", "uses `queueMicrotask`"],
  ["const a = new CompressionStream('gzip');", "uses `CompressionStream`"],
  ["export const a = () => process.nextTick(b);", "uses `process.nextTick`"],
  ["AbortSignal.abort();", "uses `AbortSignal.abort`"],
  ["setImmediate(() => {}); new WebSocket('ws:a');", "uses `WebSocket`"],
])("%s is refused: %s", async (source, message) => {
  await expect(lint(source)).rejects.toMatchObject({
    status: 400,
    code: "InvalidModules",
    message: expect.stringContaining(message),
  });
  await lint(source, "node");
});

test.each([
  "const Buffer = { from: () => 1 }; Buffer.from();",
  "function f(setImmediate) { return setImmediate(); }",
  "const word = 'Buffer'; const a = { Buffer: 1 }; a.Buffer;",
  "const has = typeof Buffer === 'undefined' ? null : Buffer.from('a');",
  "const a = globalThis.Buffer; const b = process.env.HOME; const c = process.version;",
  "// Buffer, require('fs')\nexport const a = 1;",
])("%s is accepted", async (source) => {
  await lint(source);
});

test("a use is named by file and line of the source, and packages may carry code for other runtimes", async () => {
  const bundle = async (contents: string, sourcefile: string) => {
    const { outputFiles } = await build({
      stdin: { contents, sourcefile, loader: "ts" },
      bundle: true,
      format: "esm",
      sourcemap: "external",
      outfile: "/bundled/out.js",
      write: false,
    });
    const [sourceMap = "", source = ""] = [".map", ".js"].map(
      (end) => outputFiles.find((file) => file.path.endsWith(end))?.text,
    );
    return { path: "tool.js", source, sourceMap, environment: "isolate" as const };
  };
  const source = "interface A {\n  b: 1;\n}\nexport const c: A | Buffer = Buffer.alloc(1);";
  await expect(lintModule(await bundle(source, "/project/convex/dir/mine.ts"))).rejects.toThrow(
    "convex/dir/mine.ts:4 uses `Buffer`",
  );
  await lintModule(await bundle(source, "/project/node_modules/package/theirs.ts"));
});
