/** `npm run doctor`: checks every prerequisite, one line each, with the command that mends it. */
import { createConnection } from "node:net";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ChildProcesses } from "./ChildProcesses.ts";
import { ConvexCli } from "./ConvexCli.ts";
import { type Check, checkVariables } from "./checkVariables.ts";
import { type Backend, chooseBackend } from "./chooseBackend.ts";
import { createSecrets } from "./createSecrets.ts";
import { CliDeploymentClient, type DeploymentClient, HttpDeploymentClient } from "./DeploymentClient.ts";
import { readEnvFile, type Variables } from "./envFile.ts";
import { StartError } from "./StartError.ts";

const root = resolve(fileURLToPath(import.meta.url), "../..");

async function diagnose(environment: NodeJS.ProcessEnv): Promise<Check[]> {
  const file = await readEnvFile(join(root, ".env.local"));
  const variables: Record<string, string> = { ...(await readEnvFile(join(root, ".env"))), ...file };
  for (const [name, value] of Object.entries(environment)) if (value) variables[name] = value;
  const checks = [checkNode()];
  let backend: Backend;
  try {
    backend = chooseBackend(variables);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return [...checks, { title: `.env.local: ${error.message}`, isOk: false, fix: "edit .env.local" }];
  }
  const url = variables.CONVEX_SELF_HOSTED_URL ?? null;
  const adminKey = variables.CONVEX_SELF_HOSTED_ADMIN_KEY ?? null;
  if (backend.kind === "embedded" && (url === null || adminKey === null)) {
    const fix = "npm start";
    return [
      ...checks,
      ...(await checkPorts(variables)),
      { title: ".env.local names no deployment yet", isOk: false, fix },
    ];
  }
  checks.push({
    title: `.env.local and the shell choose ${describeBackend(backend, url)}`,
    isOk: true,
    fix: null,
  });
  const client = connect(backend, url ?? "", adminKey ?? "", environment);
  const webUrl = `http://localhost:${variables.PORT ?? "3000"}`;
  return [...checks, ...(await checkDeployment(client, backend, webUrl, variables))];
}

function connect(
  backend: Backend,
  url: string,
  adminKey: string,
  environment: NodeJS.ProcessEnv,
): DeploymentClient {
  if (backend.kind !== "cloud") return new HttpDeploymentClient(url.replace(/\/$/, ""), adminKey);
  return new CliDeploymentClient(new ConvexCli(new ChildProcesses(), root, environment, false));
}

async function checkDeployment(
  client: DeploymentClient,
  backend: Backend,
  webUrl: string,
  found: Variables,
): Promise<Check[]> {
  let current: Variables;
  try {
    current = await client.listVariables();
  } catch (error) {
    const fix = backend.kind === "embedded" ? "npm start" : "npx convex dev --once";
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    const ports = backend.kind === "embedded" ? await checkPorts(found) : [];
    return [...ports, { title: `The deployment does not answer (${reason})`, isOk: false, fix }];
  }
  const checks: Check[] = [{ title: "The deployment answers and accepts the key", isOk: true, fix: null }];
  checks.push(await checkFunctions(client), ...checkVariables(current, webUrl, backend.kind === "cloud"));
  if (backend.kind === "embedded") checks.push(...(await checkLocalClaude(current.ANTHROPIC_BASE_URL)));
  const shellKey = found.ANTHROPIC_API_KEY;
  if (shellKey && current.ANTHROPIC_API_KEY === undefined) {
    checks.push({
      title: "ANTHROPIC_API_KEY is set on this computer, where the deployment cannot see it",
      isOk: false,
      fix: "npx convex env set ANTHROPIC_API_KEY <the same key>",
    });
  }
  return checks;
}

async function checkFunctions(client: DeploymentClient): Promise<Check> {
  try {
    await client.run("admin:status", {});
    return { title: "The functions of convex/ are pushed", isOk: true, fix: null };
  } catch {
    return {
      title: "The functions of convex/ are not pushed, or old",
      isOk: false,
      fix: "npx convex dev --once",
    };
  }
}

/** Whether something answers where the embedded deployment sends its requests, if that is on this computer. */
async function checkLocalClaude(baseUrl: string | undefined): Promise<Check[]> {
  if (!baseUrl || !URL.canParse(baseUrl)) return [];
  const { hostname, port } = new URL(baseUrl);
  if (hostname !== "127.0.0.1" && hostname !== "localhost") return [];
  const isUp = await answers(Number(port || 80));
  return [
    {
      title: `${baseUrl} ${isUp ? "answers" : "does not answer"}`,
      isOk: isUp,
      fix: isUp ? null : "npm start",
    },
  ];
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isOk = major > 20 || (major === 20 && minor >= 9);
  return {
    title: `Node ${process.versions.node}`,
    isOk,
    fix: isOk ? null : "install Node 20.9 or newer from https://nodejs.org",
  };
}

/** Before the first start every port must be free. */
async function checkPorts(variables: Variables): Promise<Check[]> {
  const ports = { PORT: 3000, CONVEX_PORT: 3210, CONVEX_SITE_PORT: 3211, CLAUDE_PORT: 3212 };
  return await Promise.all(
    Object.entries(ports).map(async ([name, otherwise]) => {
      const port = Number(variables[name] ?? otherwise);
      const isTaken = await answers(port);
      return {
        title: `Port ${port} is ${isTaken ? "taken" : "free"}`,
        isOk: !isTaken,
        fix: isTaken ? `${name}=${port + 100} npm start` : null,
      };
    }),
  );
}

async function answers(port: number): Promise<boolean> {
  return await new Promise((done) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}

function describeBackend(backend: Backend, url: string | null): string {
  if (backend.kind === "cloud") return `the Convex Cloud deployment ${backend.deployment}`;
  return backend.kind === "embedded"
    ? `the embedded deployment (${url})`
    : `the self-hosted deployment ${url}`;
}

const { values } = parseArgs({
  options: { json: { type: "boolean", default: false }, secrets: { type: "boolean", default: false } },
});
if (values.secrets) {
  for (const [name, value] of Object.entries(createSecrets()))
    console.log(`npx convex env set ${name} -- '${value}'`);
} else {
  const checks = await diagnose(process.env);
  if (values.json) console.log(JSON.stringify(checks, null, 2));
  else {
    for (const { title, isOk, fix } of checks)
      console.log(`${isOk ? "✓" : "✗"} ${title}${fix ? `\n    ${fix}` : ""}`);
  }
  if (checks.some((check) => !check.isOk)) process.exitCode = 1;
}
