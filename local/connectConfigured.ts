import { join } from "node:path";
import { z } from "zod";
import type { ChildProcesses } from "./ChildProcesses.ts";
import { adminEnvironment, ConvexCli } from "./ConvexCli.ts";
import type { Backend } from "./chooseBackend.ts";
import { CliDeploymentClient, HttpDeploymentClient } from "./DeploymentClient.ts";
import { vCheck } from "./doctor/Check.ts";
import { readEnvFile } from "./envFile.ts";
import type { RunningBackend } from "./RunningBackend.ts";
import { StartError } from "./StartError.ts";
import type { StartOptions } from "./startOptions.ts";

const vUrls = z.object({ convexCloudUrl: z.string(), convexSiteUrl: z.string() });

/**
 * Pushes `convex/` to the development deployment that is configured. Its variables belong to the user: for each that
 * is missing the command that sets it is printed.
 */
export async function connectConfigured(
  options: StartOptions,
  children: ChildProcesses,
  backend: Exclude<Backend, { kind: "embedded" }>,
  webUrl: string,
  say: (sentence: string) => void,
): Promise<RunningBackend> {
  const env =
    backend.kind === "selfHosted"
      ? adminEnvironment(process.env, backend.url, backend.adminKey)
      : process.env;
  const cli = new ConvexCli(children, options.root, env, options.isVerbose);
  const client =
    backend.kind === "selfHosted"
      ? new HttpDeploymentClient(backend.url, backend.adminKey)
      : new CliDeploymentClient(cli);
  say(`Using the configured deployment: ${backend.kind === "selfHosted" ? backend.url : backend.deployment}`);
  await cli.run(["dev", "--once", "--typecheck", "disable"]);
  for (const { ok, detail, command } of z
    .array(vCheck)
    .parse(await client.run("admin:diagnose", { webUrl }))) {
    if (!ok) say(`✗ ${detail}${command ? `\n    ${command}` : ""}`);
  }
  return {
    client,
    cli,
    ...(await deploymentUrls(backend, options.root)),
    claudeUrl: null,
    isEmbedded: false,
  };
}

async function deploymentUrls(backend: Exclude<Backend, { kind: "embedded" }>, root: string) {
  if (backend.kind === "selfHosted") {
    const response = await fetch(`${backend.url}/api/v1/get_canonical_urls`, {
      headers: { authorization: `Convex ${backend.adminKey}` },
    });
    if (!response.ok)
      throw new StartError(`${backend.url} answered ${response.status} when asked for its URLs.`);
    const urls = vUrls.parse(await response.json());
    return { convexUrl: urls.convexCloudUrl, siteUrl: urls.convexSiteUrl };
  }
  // `convex dev` has just written them.
  const file = await readEnvFile(join(root, ".env.local"));
  const convexUrl = file.NEXT_PUBLIC_CONVEX_URL ?? file.CONVEX_URL;
  if (!convexUrl)
    throw new StartError(
      "NEXT_PUBLIC_CONVEX_URL is missing from .env.local, where `npx convex dev` writes it.",
    );
  const siteUrl = file.NEXT_PUBLIC_CONVEX_SITE_URL ?? convexUrl.replace(/\.convex\.cloud$/, ".convex.site");
  return { convexUrl, siteUrl };
}
