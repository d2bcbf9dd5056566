import { z } from "zod";
import type { ConvexCli } from "../ConvexCli.ts";
import type { DeploymentClient } from "../DeploymentClient.ts";
import { type Check, vCheck } from "./Check.ts";
import { checkClock } from "./checkClock.ts";
import { checkFunctions } from "./checkFunctions.ts";
import type { FoundKey } from "./keyOnThisComputer.ts";

/** A deployment as the doctor reaches it. */
export interface Patient {
  /** "the embedded deployment (http://127.0.0.1:3210)" */
  readonly description: string;
  readonly client: DeploymentClient;
  readonly cli: ConvexCli;
  /** Where it answers, if that is known without asking. */
  readonly url: string | null;
  readonly webUrl: string | null;
  /** The CLI's words that push to it; null where the CLI cannot prepare a push without carrying it out. */
  readonly pushArgs: readonly string[] | null;
  readonly pushCommand: string;
  /** What brings it up when it does not answer. */
  readonly startCommand: string;
}

/** Everything that only a deployment can tell. What needs an answer that did not come is left out. */
export async function checkDeployment(patient: Patient, foundKey: FoundKey | null): Promise<Check[]> {
  const reached = await reach(patient);
  if (!reached.ok) return [reached];
  const { url, cli, pushArgs, pushCommand } = patient;
  const [clock, functions, variables] = await Promise.all([
    url === null ? [] : checkClock(url),
    checkFunctions(cli, pushArgs, pushCommand),
    checkVariables(patient),
  ]);
  const isPushed = variables !== null;
  const unchecked = "The deployment's variables are checked by its own functions: push them first.";
  const told = isPushed
    ? variables.map((check) => withFoundKey(check, foundKey))
    : [{ name: "variables", ok: false, detail: unchecked, command: pushCommand }];
  return [reached, ...clock, functions, ...told];
}

async function reach({ description, client, startCommand }: Patient): Promise<Check> {
  const name = "deployment";
  try {
    await client.ping();
    return { name, ok: true, detail: `${description} answers and accepts the key.` };
  } catch (error) {
    const reason = error instanceof Error ? reasonOf(error) : String(error);
    return { name, ok: false, detail: `${description} does not answer: ${reason}`, command: startCommand };
  }
}

function reasonOf(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause.message : "";
  return (cause || error.message).split("\n", 1)[0] ?? "";
}

/** What the deployment says of its variables and of Claude; null when its functions are not there or too old to say. */
async function checkVariables({ client, webUrl }: Patient): Promise<Check[] | null> {
  const hasDiagnosis = await client.hasFunction("admin:diagnose");
  if (!hasDiagnosis) return null;
  const variables = await client.run("admin:diagnose", webUrl === null ? {} : { webUrl });
  const upstream = await client.run("admin:probe", {});
  return [...z.array(vCheck).parse(variables), ...z.array(vCheck).parse(upstream)];
}

/** The key is there, only not where functions look: the command moves it. */
function withFoundKey(check: Check, foundKey: FoundKey | null): Check {
  if (check.ok || foundKey === null || check.name !== "ANTHROPIC_API_KEY") return check;
  return {
    ...check,
    detail: `${check.detail} There is one in ${foundKey.place}.`,
    command: `npx convex env set ANTHROPIC_API_KEY ${foundKey.expression}`,
  };
}
