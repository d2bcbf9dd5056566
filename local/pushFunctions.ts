import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { ConvexCli } from "./ConvexCli.ts";
import type { HttpDeploymentClient } from "./DeploymentClient.ts";
import { hashFiles } from "./hashFiles.ts";
import { readState, writeState } from "./stateFile.ts";

const vPushed = z.object({ sources: z.string(), modules: z.string() });

export interface Push {
  readonly root: string;
  readonly dataDir: string;
  readonly client: HttpDeploymentClient;
  readonly cli: ConvexCli;
  /** Part of the pushed auth configuration, so another URL means another push. */
  readonly siteUrl: string;
  readonly isIsolated: boolean;
}

/**
 * Pushes `convex/` with the real CLI unless the deployment has exactly these sources from an earlier push: the files
 * are unchanged, and nobody pushed other modules since. Returns whether it pushed.
 */
export async function pushFunctions(push: Push): Promise<boolean> {
  const statePath = join(push.dataDir, "pushed.json");
  const paths = ["convex", "convex.json", "package-lock.json", "tsconfig.json", "local/convex"];
  const sources = await hashFiles(push.root, paths, push.siteUrl);
  const last = await readState(statePath, vPushed);
  if (last?.sources === sources && last.modules === (await modulesDigest(push.client))) return false;
  // `convex dev` writes the URLs into .env.local, and codegen into convex/, both of which a test must leave alone.
  const command = push.isIsolated ? ["deploy", "-y", "--codegen", "disable"] : ["dev", "--once"];
  await push.cli.run([...command, "--typecheck", "disable"]);
  // The push may have regenerated convex/_generated, which belongs to the sources.
  await writeState(statePath, {
    sources: await hashFiles(push.root, paths, push.siteUrl),
    modules: await modulesDigest(push.client),
  });
  return true;
}

async function modulesDigest(client: HttpDeploymentClient): Promise<string> {
  return createHash("sha256")
    .update(await client.pushedModules())
    .digest("hex");
}
