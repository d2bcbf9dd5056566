import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChildProcesses } from "./ChildProcesses.ts";
import { hashFiles } from "./hashFiles.ts";

const sources = [
  "app",
  "components",
  "public",
  "convex/_generated",
  "next.config.ts",
  "postcss.config.mjs",
  "proxy.ts",
  "instrumentation.ts",
  "instrumentation-client.ts",
  "tsconfig.json",
  "package-lock.json",
];

export const nextBin = "node_modules/next/dist/bin/next";

/**
 * Runs `next build` unless `.next` holds the build of exactly these sources. Deployment URLs are read at run time, so
 * one build serves any deployment. Returns whether it built; `onBuild` is called before a build.
 */
export async function buildWeb(
  children: ChildProcesses,
  root: string,
  env: NodeJS.ProcessEnv,
  onBuild: () => void,
): Promise<boolean> {
  const hashPath = join(root, ".next/source-hash");
  const current = await hashFiles(root, sources);
  if ((await readFile(hashPath, "utf8").catch(() => "")) === current) return false;
  onBuild();
  await rm(hashPath, { force: true });
  await children.run({
    name: "next build",
    args: [join(root, nextBin), "build"],
    env: { ...env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
    cwd: root,
    isSilent: true,
  });
  await mkdir(join(root, ".next"), { recursive: true });
  await writeFile(hashPath, current);
  return true;
}
