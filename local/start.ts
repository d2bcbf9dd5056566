/** `npm start` after the install: picks a deployment, brings everything up, says where it is, and stops it again. */
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { buildWeb, nextBin } from "./buildWeb.ts";
import { ChildProcesses } from "./ChildProcesses.ts";
import { withoutDeploymentVariables } from "./ConvexCli.ts";
import { type Backend, chooseBackend } from "./chooseBackend.ts";
import { connectConfigured } from "./connectConfigured.ts";
import { readEnvFile, type Variables } from "./envFile.ts";
import { gatewayKey } from "./gatewayKey.ts";
import type { RunningBackend } from "./RunningBackend.ts";
import { reservePort } from "./reservePort.ts";
import { StartError } from "./StartError.ts";
import { startEmbedded } from "./startEmbedded.ts";
import { startOfficial } from "./startOfficial.ts";
import { readStartOptions, type StartOptions } from "./startOptions.ts";
import { writeState } from "./stateFile.ts";
import { waitForAnswer } from "./waitForAnswer.ts";

const vStatus = z.object({ hasOwner: z.boolean() });
const vInvite = z.object({ url: z.string() });
const answerTimeoutMs = 60_000;

const startedAt = performance.now();
const children = new ChildProcesses();
let readyPath: string | null = null;
let isStopping = false;

async function stop(exitCode: number): Promise<void> {
  if (isStopping) return children.killAll();
  isStopping = true;
  if (readyPath) await rm(readyPath, { force: true });
  await children.stopAll();
  process.exit(exitCode);
}

async function start(options: StartOptions): Promise<void> {
  const path = join(options.dataDir, "ready.json");
  await rm(path, { force: true });
  const variables = options.isIsolated ? {} : await findVariables(options.root);
  const backend: Backend = options.isOfficial ? { kind: "embedded" } : chooseBackend(variables);
  const webPort = await reservePort(options.webPort, "PORT", "web");
  const webUrl = `http://localhost:${webPort}`;
  const running = await bringUp(options, backend, variables, webUrl);
  await serveWeb(options, running, webPort);
  await Promise.all([
    waitForAnswer(webUrl, answerTimeoutMs),
    waitForAnswer(`${running.siteUrl}/healthz`, answerTimeoutMs),
  ]);
  const welcome = await composeWelcome(running, options, webUrl);
  readyPath = path;
  await writeState(path, {
    webUrl,
    convexUrl: running.convexUrl,
    siteUrl: running.siteUrl,
    simulated: running.claudeUrl !== null,
    claudeUrl: running.claudeUrl,
  });
  console.log(welcome);
}

async function bringUp(
  options: StartOptions,
  backend: Backend,
  variables: Variables,
  webUrl: string,
): Promise<RunningBackend> {
  if (options.isOfficial) return await startOfficial(options, children, webUrl, say);
  return backend.kind === "embedded"
    ? await startEmbedded(options, children, variables, webUrl, say)
    : await connectConfigured(options, children, backend, webUrl, say);
}

/** The shell's variables over those of the env files, as the convex command line reads them. */
async function findVariables(root: string): Promise<Variables> {
  const shell: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value) shell[name] = value;
  return {
    ...(await readEnvFile(join(root, ".env"))),
    ...(await readEnvFile(join(root, ".env.local"))),
    ...shell,
  };
}

async function serveWeb(options: StartOptions, running: RunningBackend, port: number): Promise<void> {
  const env = {
    ...withoutDeploymentVariables(process.env),
    NEXT_PUBLIC_CONVEX_URL: running.convexUrl,
    NEXT_PUBLIC_CONVEX_SITE_URL: running.siteUrl,
    NEXT_TELEMETRY_DISABLED: "1",
  };
  // Convex's own local backend is pushed to by the `convex dev` that runs it.
  if (options.isDev && !options.isOfficial) running.cli.serve(["dev", "--tail-logs", "disable"]);
  if (!options.isDev)
    await buildWeb(children, options.root, env, () =>
      say("Building the web app (only after changes; about a minute)…"),
    );
  children.serve({
    name: "web",
    args: [
      join(options.root, nextBin),
      options.isDev ? "dev" : "start",
      "--hostname",
      "127.0.0.1",
      "--port",
      String(port),
    ],
    env: { ...env, NODE_ENV: options.isDev ? "development" : "production" },
    cwd: options.root,
    isShown: options.isVerbose,
  });
}

async function composeWelcome(
  running: RunningBackend,
  options: StartOptions,
  webUrl: string,
): Promise<string> {
  const { client, siteUrl } = running;
  const { hasOwner } = vStatus.parse(await client.run("admin:status", {}));
  const invite = hasOwner
    ? null
    : vInvite.parse(await client.run("admin:invite", { email: "owner@localhost", role: "owner" })).url;
  const secret = await gatewayKey(client, options.dataDir, siteUrl);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const lines = [
    "",
    `Ready in ${seconds} s`,
    "",
    `  Chat    ${webUrl}`,
    ...(invite
      ? [`  Owner   ${invite}`, "          becomes the owner's account; shown until there is one"]
      : []),
    "",
    `  curl    curl -N ${siteUrl}/claude -H "Authorization: Bearer ${secret}" -d "Why is the sky blue?"`,
    `          this key is kept in ${join(options.dataDir, "gateway-key.json")}, which only you can read`,
    "",
    ...(running.claudeUrl
      ? [
          "  Claude  simulated: no model answers, and nothing costs money. With a real key:",
          "          npx convex env set ANTHROPIC_API_KEY sk-ant-...",
          "          npx convex env remove ANTHROPIC_BASE_URL",
        ]
      : ["  Claude  real answers, on your key. `npm run doctor` checks the settings."]),
    "",
    "  Ctrl-C stops everything.",
    "",
  ];
  return lines.join("\n");
}

function say(sentence: string): void {
  console.log(sentence);
}

function fail(error: unknown): void {
  if (isStopping) return;
  console.error(error instanceof StartError ? `\n${error.message}\n` : error);
  void stop(1);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(0));
process.on("exit", () => children.killAll());
children.onUnexpectedEnd = (message) =>
  fail(new StartError(`${message}\n\nEverything was stopped, since it cannot work without.`));

try {
  const root = resolve(fileURLToPath(import.meta.url), "../..");
  await start(readStartOptions(process.argv.slice(2), process.env, root, resolve));
} catch (error) {
  fail(error);
}
