import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ChildProcesses } from "./ChildProcesses.ts";
import { ConvexCli, withoutDeploymentVariables } from "./ConvexCli.ts";
import { createSecrets } from "./createSecrets.ts";
import { CliDeploymentClient } from "./DeploymentClient.ts";
import type { RunningBackend } from "./RunningBackend.ts";
import { reservePort } from "./reservePort.ts";
import { StartError } from "./StartError.ts";
import type { StartOptions } from "./startOptions.ts";
import { waitForAnswer } from "./waitForAnswer.ts";

/** What the convex command line asks first, and where it then downloads from. */
const DOWNLOAD_URLS = ["https://version.convex.dev/v1/local_backend_version", "https://github.com"];
const REACH_TIMEOUT_MS = 5_000;
const PUSH_TIMEOUT_MS = 180_000;

/**
 * Convex's own local backend, which `npx convex dev` downloads and runs without an account, and to which it pushes `convex/`.
 * The deployment's variables belong to the user: secrets that are missing are set, a key for Claude is not.
 */
export async function startOfficial(
  options: StartOptions,
  children: ChildProcesses,
  webUrl: string,
  say: (sentence: string) => void,
): Promise<RunningBackend> {
  if (!(await hasBinary())) await requireDownload();
  const convexPort = await reservePort(options.convexPort, "CONVEX_PORT", "Convex");
  const sitePort = await reservePort(options.sitePort, "CONVEX_SITE_PORT", "Convex HTTP actions");
  const env = {
    ...withoutDeploymentVariables(process.env),
    CONVEX_AGENT_MODE: "anonymous",
    // Empty, not absent: the CLI would read the embedded deployment's from .env.local.
    CONVEX_SELF_HOSTED_URL: "",
    CONVEX_SELF_HOSTED_ADMIN_KEY: "",
  };
  const cli = new ConvexCli(children, options.root, env, options.isVerbose);
  const ports = ["--local-cloud-port", String(convexPort), "--local-site-port", String(sitePort)];
  say("Starting Convex's own local backend (npx convex dev); its first start downloads it…");
  cli.serve(["dev", "--typecheck", "disable", "--tail-logs", "disable", ...ports]);
  const [convexUrl, siteUrl] = [`http://127.0.0.1:${convexPort}`, `http://127.0.0.1:${sitePort}`];
  await waitForAnswer(`${convexUrl}/version`, PUSH_TIMEOUT_MS);
  await setMissing(cli, { ...createSecrets(), SITE_URL: webUrl });
  await waitForAnswer(`${siteUrl}/healthz`, PUSH_TIMEOUT_MS);
  say("Convex's own local backend has no key for Claude until you set one: npm run doctor");
  return {
    client: new CliDeploymentClient(cli),
    cli,
    convexUrl,
    siteUrl,
    claudeUrl: null,
    isEmbedded: false,
  };
}

/** A key pair is set whole or not at all. */
async function setMissing(cli: ConvexCli, variables: Readonly<Record<string, string>>): Promise<void> {
  const names = (await cli.run(["env", "list", "--names-only"])).split("\n").map((line) => line.trim());
  const hasTokenKeys = names.includes("JWT_PRIVATE_KEY") && names.includes("JWKS");
  for (const [name, value] of Object.entries(variables)) {
    const isThere = name === "JWT_PRIVATE_KEY" || name === "JWKS" ? hasTokenKeys : names.includes(name);
    if (!isThere) await cli.run(["env", "set", name, "--", value]);
  }
}

/** Whether the command line has downloaded a backend before; it keeps them in its cache. */
async function hasBinary(): Promise<boolean> {
  const cache =
    process.platform === "win32"
      ? join(process.env.LOCALAPPDATA ?? join(homedir(), "AppData/Local"), "convex")
      : join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "convex");
  return (await readdir(join(cache, "binaries")).catch(() => [])).length > 0;
}

async function requireDownload(): Promise<void> {
  const failures = await Promise.all(
    DOWNLOAD_URLS.map(async (url) => {
      try {
        const response = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(REACH_TIMEOUT_MS) });
        await response.body?.cancel();
        return response.status < 500 ? null : `${url} answered ${response.status}`;
      } catch (error) {
        const reason = error instanceof Error ? (error.cause ?? error.message) : error;
        return `${url}: ${reason instanceof Error ? reason.message : String(reason)}`;
      }
    }),
  );
  const reasons = failures.filter((failure) => failure !== null);
  if (reasons.length === 0) return;
  throw new StartError(
    "Convex's own local backend is not on this computer, and it cannot be downloaded from here:\n" +
      reasons.map((reason) => `    ${reason}\n`).join("") +
      "Run `npm start` without --official for the embedded deployment, or set CONVEX_SELF_HOSTED_URL and " +
      "CONVEX_SELF_HOSTED_ADMIN_KEY in .env.local to use a backend that you run.",
  );
}
