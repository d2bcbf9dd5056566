import { copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

/**
 * How its process is started. Many short requests make much garbage of which little survives: one thread collects it for less
 * CPU than several, and two arenas of malloc instead of eight give memory back. So do its fixed thresholds: by default one
 * freed body of a megabyte makes malloc keep all later ones in a heap that hardly ever shrinks.
 * Large bodies lie outside the heap but count as its growth: V8's own factor would collect everything at every hundredth of them.
 */
export const deploymentProcess = {
  nodeFlags: ["--max-semi-space-size=16", "--no-parallel-scavenge", "--heap-growing-percent=150"],
  env: {
    MALLOC_ARENA_MAX: "2",
    MALLOC_MMAP_THRESHOLD_: String(128 * 1024),
    MALLOC_TRIM_THRESHOLD_: String(1024 * 1024),
  },
};

/**
 * Writes the embedded deployment as one file of plain JavaScript and resolves with its path: a process without the TypeScript
 * loader and its source maps starts faster and needs far less memory. The file lies below `node_modules`, from where it finds
 * its packages.
 */
export async function bundleDeployment(root: string): Promise<string> {
  const source = join(root, "local/convex");
  const directory = join(root, "node_modules/.cache/convex-claude-gateway");
  const { outputFiles } = await build({
    entryPoints: [join(source, "main.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    write: false,
    logLevel: "silent",
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error("esbuild wrote no file for local/convex/main.ts");
  await mkdir(directory, { recursive: true });
  await put(join(directory, "nativeImport.cjs"), (path) =>
    copyFile(join(source, "push/nativeImport.cjs"), path),
  );
  const file = join(directory, "deployment.mjs");
  await put(file, (path) => writeFile(path, output.contents));
  return file;
}

/** Another start may read the file at this moment: it must find the old one or the new one, whole. */
async function put(path: string, write: (path: string) => Promise<void>): Promise<void> {
  const draft = `${path}.${process.pid}`;
  try {
    await write(draft);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}
