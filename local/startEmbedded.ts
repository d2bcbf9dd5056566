import { join } from "node:path";
import { z } from "zod";
import { bundleDeployment, deploymentProcess } from "./bundleDeployment.ts";
import type { ChildProcesses } from "./ChildProcesses.ts";
import { adminEnvironment, ConvexCli, withoutDeploymentVariables } from "./ConvexCli.ts";
import { embeddedName } from "./chooseBackend.ts";
import { createSecrets } from "./createSecrets.ts";
import { HttpDeploymentClient } from "./DeploymentClient.ts";
import { updateEnvFile, type Variables } from "./envFile.ts";
import { planVariables } from "./planVariables.ts";
import { pushFunctions } from "./pushFunctions.ts";
import type { RunningBackend } from "./RunningBackend.ts";
import { reservePort } from "./reservePort.ts";
import { StartError } from "./StartError.ts";
import type { StartOptions } from "./startOptions.ts";
import { readState, writeState } from "./stateFile.ts";

const vReady = z.object({
  ready: z.literal(true),
  cloudUrl: z.string(),
  siteUrl: z.string(),
  adminKey: z.string(),
});
const vClaudeReady = z.object({ ready: z.literal(true), url: z.string() });
const vManaged = z.record(z.string(), z.string());

/**
 * Starts the embedded deployment and, if requests go there, the simulated Claude; sets the variables that are missing
 * and pushes `convex/`.
 */
export async function startEmbedded(
  options: StartOptions,
  children: ChildProcesses,
  found: Variables,
  webUrl: string,
  say: (sentence: string) => void,
): Promise<RunningBackend> {
  const { root, dataDir } = options;
  const convexPort = await reservePort(options.convexPort, "CONVEX_PORT", "Convex");
  const sitePort = await reservePort(options.sitePort, "CONVEX_SITE_PORT", "Convex HTTP actions");
  const claudePort = await reservePort(options.claudePort, "CLAUDE_PORT", "simulated Claude");
  const env = withoutDeploymentVariables(process.env);
  const convex = children.serve({
    name: "convex",
    args: [
      ...deploymentProcess.nodeFlags,
      ...[await bundleDeployment(root), "--data-dir", join(dataDir, "convex"), "--name", embeddedName],
      ...(options.isIsolated ? ["--strict"] : []),
    ],
    env: {
      ...env,
      ...deploymentProcess.env,
      CONVEX_PORT: String(convexPort),
      CONVEX_SITE_PORT: String(sitePort),
      GATEWAY_DATA_DIR: dataDir,
    },
    cwd: root,
    isShown: options.isVerbose,
  });
  const { cloudUrl, siteUrl, adminKey } = await convex.waitForLine((line) => parseLine(vReady, line));
  const client = new HttpDeploymentClient(cloudUrl, adminKey);
  if (!options.isIsolated) {
    await updateEnvFile(
      join(root, ".env.local"),
      { CONVEX_SELF_HOSTED_URL: cloudUrl, CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey },
      "The embedded deployment of `npm start`, for the convex command line",
    );
  }

  const claudeUrl = `http://127.0.0.1:${claudePort}`;
  const isSimulated = await setVariables(options, client, found, { webUrl, claudeUrl }, say);
  if (isSimulated) {
    const claude = children.serve({
      name: "claude",
      args: ["--import", "tsx", join(root, "local/claude/main.ts"), ...(options.isFast ? ["--fast"] : [])],
      env: { ...env, CLAUDE_PORT: String(claudePort) },
      cwd: root,
      isShown: options.isVerbose,
    });
    await claude.waitForLine((line) => parseLine(vClaudeReady, line));
  }

  const cli = new ConvexCli(
    children,
    root,
    adminEnvironment(process.env, cloudUrl, adminKey),
    options.isVerbose,
  );
  const push = { root, dataDir, client, cli, siteUrl, isIsolated: options.isIsolated };
  if (await pushFunctions(push).catch((error: unknown) => throwWithAdvice(error, dataDir))) {
    say("Pushed convex/ to the embedded deployment.");
  }
  return {
    client,
    cli,
    convexUrl: cloudUrl,
    siteUrl,
    claudeUrl: isSimulated ? claudeUrl : null,
    isEmbedded: true,
  };
}

function throwWithAdvice(error: unknown, dataDir: string): never {
  if (!(error instanceof StartError)) throw error;
  throw new StartError(
    `${error.message}

If documents were refused, ${dataDir} is of another version of convex/. To keep it aside and start anew:
    mv ${dataDir} ${dataDir}-old && npm start
To take its documents along, run that version once more, and while it runs: npx convex export --path documents.zip`,
  );
}

/** Sets what the deployment lacks; true if its requests go to the simulated Claude. */
async function setVariables(
  options: StartOptions,
  client: HttpDeploymentClient,
  found: Variables,
  urls: { readonly webUrl: string; readonly claudeUrl: string },
  say: (sentence: string) => void,
): Promise<boolean> {
  const managedPath = join(options.dataDir, "variables.json");
  const plan = planVariables({
    current: await client.listVariables(),
    found,
    managed: (await readState(managedPath, vManaged)) ?? {},
    ...urls,
    createSecrets,
  });
  await client.updateVariables(plan.changes);
  await writeState(managedPath, plan.managed);
  for (const note of plan.notes) say(note);
  return plan.isSimulated;
}

function parseLine<Schema extends z.ZodType>(schema: Schema, line: string): z.infer<Schema> | null {
  if (!line.startsWith("{")) return null;
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
