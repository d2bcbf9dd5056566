import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { PushError } from "../host/types.ts";

export const nodeDependency = z.object({
  name: z.string().regex(/^(?:@[\w.-]+\/)?[\w.-]+$/),
  version: z.string(),
});
export type NodeDependency = z.infer<typeof nodeDependency>;

const INSTALL_TIMEOUT_MS = 120_000;
const manifestSchema = z.object({ version: z.string() });

/**
 * Makes the packages of convex.json's `node.externalPackages` importable below `root`: those of the project that this
 * process runs in, where the versions are the ones asked for; the others come from npm, and none of their scripts run.
 */
export async function linkNodeDependencies(
  root: string,
  dependencies: readonly NodeDependency[],
  installDirectory: string,
): Promise<void> {
  const project = process.cwd();
  const isOfProject = await Promise.all(dependencies.map((each) => hasVersion(project, each)));
  const missing = dependencies.filter((_, index) => !isOfProject[index]);
  const installed = missing.length === 0 ? "" : await install(missing, installDirectory);
  for (const [index, { name }] of dependencies.entries()) {
    const link = join(root, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(isOfProject[index] ? project : installed, "node_modules", name), link, "dir");
  }
}

async function hasVersion(directory: string, { name, version }: NodeDependency): Promise<boolean> {
  try {
    const manifest = await readFile(join(directory, "node_modules", name, "package.json"), "utf8");
    return manifestSchema.parse(JSON.parse(manifest)).version === version;
  } catch {
    return false;
  }
}

/** Returns the directory whose `node_modules` holds the packages; one for each set of them. */
async function install(dependencies: readonly NodeDependency[], parent: string): Promise<string> {
  const wanted = dependencies.map(({ name, version }) => `${name}@${version}`).sort();
  const directory = join(parent, createHash("sha256").update(wanted.join(" ")).digest("hex").slice(0, 16));
  const isThere = await Promise.all(dependencies.map((each) => hasVersion(directory, each)));
  if (isThere.every(Boolean)) return directory;
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "package.json"), '{"private":true}\n');
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--save-exact"];
  try {
    const options = { cwd: directory, timeout: INSTALL_TIMEOUT_MS };
    await promisify(execFile)("npm", ["install", ...flags, ...wanted], options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PushError(
      400,
      "NodeDependenciesNotInstalled",
      `Hit an error while pushing:\nThe external packages ${wanted.join(", ")} could not be installed: ${reason.slice(0, 2000)}`,
    );
  }
  return directory;
}
