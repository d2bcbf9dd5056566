import { join } from "node:path";
import { build } from "esbuild";

/** One module with its libraries, as the Convex CLI bundles it. For tests and benchmarks. */
export async function bundleModule(contents: string, { isMinified = true } = {}): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    absWorkingDir: join(import.meta.dirname, "../../.."),
    bundle: true,
    write: false,
    format: "esm",
    target: "esnext",
    minifyIdentifiers: isMinified,
    minifySyntax: isMinified,
    keepNames: true,
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error("esbuild wrote no file");
  return output.text;
}
