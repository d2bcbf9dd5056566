import { join, resolve } from "node:path";
import { ChildProcesses } from "../ChildProcesses.ts";
import { adminEnvironment, ConvexCli } from "../ConvexCli.ts";
import { type Backend, chooseBackend } from "../chooseBackend.ts";
import { CliDeploymentClient, HttpDeploymentClient } from "../DeploymentClient.ts";
import { readEnvFile, type Variables } from "../envFile.ts";
import { StartError } from "../StartError.ts";
import type { Check } from "./Check.ts";
import { checkDeployment, type Patient } from "./checkDeployment.ts";
import { checkGit } from "./checkGit.ts";
import { checkPorts, runningWebUrl } from "./checkPorts.ts";
import { keyOnThisComputer } from "./keyOnThisComputer.ts";

export interface Examination {
  /** The project's folder. */
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  /** The production deployment instead of the development one. */
  readonly isProduction: boolean;
}

/** All checks, each with the command that mends what it found. */
export async function examine(examination: Examination): Promise<Check[]> {
  const { root, environment, isProduction } = examination;
  const variables = await findVariables(root, environment);
  const dataDir = resolve(root, environment.GATEWAY_DATA_DIR || ".data");
  const [git, deployment] = await Promise.all([
    checkGit(root),
    examineDeployment(examination, variables, dataDir),
  ]);
  // doctor.mjs ends before this file for a Node that is too old.
  const node = { name: "node", ok: true, detail: `Node ${process.versions.node}.` };
  const checks = [node, git, ...deployment];
  return isProduction ? checks.map(forProduction) : checks;
}

/** The shell's variables over those of the env files, as the convex command line reads them. */
async function findVariables(root: string, environment: NodeJS.ProcessEnv): Promise<Variables> {
  const shell: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) if (value) shell[name] = value;
  return {
    ...(await readEnvFile(join(root, ".env"))),
    ...(await readEnvFile(join(root, ".env.local"))),
    ...shell,
  };
}

async function examineDeployment(
  { root, environment, isProduction }: Examination,
  variables: Variables,
  dataDir: string,
): Promise<Check[]> {
  let backend: Backend;
  try {
    backend = isProduction ? { kind: "cloud", deployment: "of production" } : chooseBackend(variables);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return [{ name: "configuration", ok: false, detail: error.message, command: "vi .env.local" }];
  }
  const ports = backend.kind === "embedded" ? await checkPorts(variables, dataDir) : [];
  const webUrl = backend.kind === "embedded" ? await runningWebUrl(dataDir) : null;
  const patient = findPatient(backend, variables, { root, environment, isProduction, webUrl });
  if (patient === null) {
    const detail = ".env.local names no deployment yet: `npm start` makes one on this computer.";
    return [...ports, { name: "deployment", ok: false, detail, command: "npm start" }];
  }
  const checks = await checkDeployment(patient, await keyOnThisComputer(root, environment.ANTHROPIC_API_KEY));
  // While the deployment answers, its ports are its own.
  return checks[0]?.ok ? checks : [...ports, ...checks];
}

function findPatient(
  backend: Backend,
  variables: Variables,
  { root, environment, isProduction, webUrl }: Examination & Pick<Patient, "webUrl">,
): Patient | null {
  const children = new ChildProcesses();
  if (backend.kind === "cloud") {
    const cli = new ConvexCli(children, root, environment, false);
    const isDeployed = isProduction || /^(prod|preview):/.test(variables.CONVEX_DEPLOY_KEY ?? "");
    return {
      description: `The Convex Cloud deployment ${backend.deployment}`,
      client: new CliDeploymentClient(cli, isProduction ? ["--prod"] : []),
      cli,
      url: isProduction ? null : (variables.NEXT_PUBLIC_CONVEX_URL ?? variables.CONVEX_URL ?? null),
      webUrl,
      pushArgs: isDeployed ? ["deploy", "-y"] : null,
      pushCommand: isDeployed ? "npx convex deploy" : "npx convex dev --once",
      startCommand: "npx convex dev --once",
    };
  }
  const url = (variables.CONVEX_SELF_HOSTED_URL ?? "").replace(/\/$/, "");
  const adminKey = variables.CONVEX_SELF_HOSTED_ADMIN_KEY ?? "";
  if (url === "" || adminKey === "") return null;
  const isEmbedded = backend.kind === "embedded";
  return {
    description: isEmbedded ? `The embedded deployment at ${url}` : `The self-hosted deployment at ${url}`,
    client: new HttpDeploymentClient(url, adminKey),
    cli: new ConvexCli(children, root, adminEnvironment(environment, url, adminKey), false),
    url,
    webUrl,
    pushArgs: ["deploy", "-y"],
    pushCommand: "npx convex dev --once",
    startCommand: isEmbedded ? "npm start" : "docker compose up -d",
  };
}

function forProduction(check: Check): Check {
  const command = check.command
    ?.replace(/^npx convex (env \w+|run)\b/, "$& --prod")
    .replace("doctor -- ", "doctor -- --prod ");
  return command === undefined ? check : { ...check, command };
}
