import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundleDeployment, deploymentProcess } from "../../local/bundleDeployment.ts";
import { adminEnvironment } from "../../local/ConvexCli.ts";
import { startClaude } from "../../local/claude/server.ts";
import { createSecrets } from "../../local/createSecrets.ts";
import { HttpDeploymentClient } from "../../local/DeploymentClient.ts";
import { embeddedConcurrency } from "../../local/embeddedConcurrency.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The web app's origin as the tests' deployment knows it; nothing listens there. */
export const WEB_ORIGIN = "http://localhost:3999";

export interface DeploymentProcess {
  pid: number;
  convexUrl: string;
  siteUrl: string;
  adminKey: string;
  /** SIGKILL, as a power cut: resolves when the process is gone. */
  kill(): Promise<void>;
}

export interface Stack extends DeploymentProcess {
  claudeUrl: string;
  client: HttpDeploymentClient;
  /** Of the first process; a restart makes another. */
  pid: number;
  /** Where the deployment keeps everything. */
  dataDir: string;
  /** What its processes have printed. */
  output(): string;
  /** Starts the deployment again on the same data and ports, after a kill. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The embedded deployment in a process of its own, as `npm start` starts it but strict (ADR 013), with `convex/` of a project
 * pushed by the real CLI, and a simulated Claude.
 */
export async function startStack({ project = root, isStrict = true } = {}): Promise<Stack> {
  const dataDir = await mkdtemp(join(tmpdir(), "gateway-http-"));
  const claude = await startClaude({ port: 0 });
  const printed: string[] = [];
  const start = (port: number, sitePort: number) =>
    startDeploymentProcess({ dataDir, port, sitePort, isStrict }, printed);
  let deployment = await start(0, 0);
  const client = new HttpDeploymentClient(deployment.convexUrl, deployment.adminKey);
  await client.updateVariables({
    ...createSecrets(),
    SITE_URL: WEB_ORIGIN,
    ANTHROPIC_API_KEY: "simulated",
    GATEWAY_CONCURRENT_REQUESTS: embeddedConcurrency,
    ANTHROPIC_BASE_URL: claude.url,
    ALLOW_LOOPBACK_CALLBACKS: "1",
  });
  await pushFunctions(deployment, project);
  const { convexUrl, siteUrl, adminKey } = deployment;
  return {
    get pid() {
      return deployment.pid;
    },
    convexUrl,
    siteUrl,
    adminKey,
    claudeUrl: claude.url,
    client,
    dataDir,
    output: () => printed.join(""),
    kill: () => deployment.kill(),
    restart: async () => {
      deployment = await start(Number(new URL(convexUrl).port), Number(new URL(siteUrl).port));
    },
    stop: async () => {
      await deployment.kill();
      await claude.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

interface DeploymentOptions {
  dataDir: string;
  port: number;
  sitePort: number;
  isStrict: boolean;
}

async function startDeploymentProcess(
  { dataDir, port, sitePort, isStrict }: DeploymentOptions,
  printed: string[],
): Promise<DeploymentProcess> {
  const child = spawn(
    process.execPath,
    [
      ...[...deploymentProcess.nodeFlags, await bundleDeployment(root), "--data-dir", dataDir],
      ...["--port", String(port), "--site-port", String(sitePort), "--fault-injection"],
      ...(isStrict ? ["--strict"] : []),
    ],
    { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...deploymentProcess.env } },
  );
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => printed.push(chunk.toString()));
  }
  child.stderr.pipe(process.stderr);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const { cloudUrl, siteUrl, adminKey } = await readyLine(child);
  return {
    pid: child.pid ?? 0,
    convexUrl: cloudUrl,
    siteUrl,
    adminKey,
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

interface Ready {
  cloudUrl: string;
  siteUrl: string;
  adminKey: string;
}

/** The first line of JSON that the deployment prints; what else it prints is read so that it never blocks. */
function readyLine(child: ChildProcess): Promise<Ready> {
  const { stdout } = child;
  if (stdout === null) throw new Error("the deployment has no stdout");
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the deployment ended with ${code} before it was ready`)));
    createInterface({ input: stdout }).on("line", (line) => {
      if (line.startsWith('{"ready"')) resolve(JSON.parse(line));
    });
  });
}

async function pushFunctions({ convexUrl, adminKey }: DeploymentProcess, cwd: string): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    [
      join(root, "node_modules/convex/bin/main.js"),
      ...["deploy", "-y", "--codegen", "disable", "--typecheck", "disable"],
    ],
    { cwd, env: adminEnvironment(process.env, convexUrl, adminKey), maxBuffer: 16 * 1024 * 1024 },
  );
}
