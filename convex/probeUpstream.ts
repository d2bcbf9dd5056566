import { upstreamUrl } from "./gateway/config";
import {
  type Check,
  isConvexCloud,
  isLoopback,
  keysOf,
  lastFour,
  setKeyCommand,
  threeWaysOut,
  upstreamProblem,
  type Variables,
} from "./model/diagnosis";

const TIMEOUT_MS = 10_000;
const CLOCK_OFF_MS = 60_000;
const MESSAGE_LENGTH_MAX = 200;
const NAME = "Claude";
const REMOVE_BASE_URL = "npx convex env remove ANTHROPIC_BASE_URL";

/**
 * Asks Claude's API for its list of models with each of the operator's keys, which is never a paid call; and compares clocks. Keys
 * of which the variables already tell that no call can succeed are left out.
 */
export async function probeUpstream(variables: Variables): Promise<Check[]> {
  const usable = keysOf(variables).filter(
    ({ key }) => upstreamProblem({ ...variables, ANTHROPIC_API_KEY: key }) === null,
  );
  const checks = await Promise.all(usable.map((key) => probeKey(variables, key)));
  const [first = []] = checks;
  return [...checks.flatMap(([check]) => (check ? [check] : [])), ...first.slice(1)];
}

interface OperatorKey {
  name: string;
  key: string;
}

async function probeKey(variables: Variables, { name, key }: OperatorKey): Promise<Check[]> {
  const baseUrl = upstreamUrl();
  let response: Response;
  try {
    response = await fetch(`${baseUrl}/v1/models?limit=1`, {
      headers: { "x-api-key": key, "anthropic-version": "2023-06-01" },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    return [unreachable(variables, `${NAME} (${name})`, error)];
  }
  const message = messageOf(await response.text()).replaceAll(key, lastFour(key));
  const check = judge(response, message, { baseUrl, name, key });
  return [check, ...clockCheck(response.headers.get("date"), Date.now())];
}

function judge(
  response: Response,
  message: string,
  { baseUrl, name: variable, key }: OperatorKey & { baseUrl: string },
): Check {
  const { status, ok } = response;
  const name = `${NAME} (${variable})`;
  if (ok) {
    const isSimulated = response.headers.get("x-simulated-claude") !== null;
    const who = isSimulated ? `The simulated Claude at ${baseUrl}` : baseUrl;
    return { name, ok, detail: `${who} answers and accepts ${variable} (${lastFour(key)}).` };
  }
  if (status === 401) {
    const detail = `${baseUrl} refuses ${variable} (${lastFour(key)}): ${message}`;
    return { name, ok, detail, command: setKeyCommand(variable) };
  }
  if (status >= 300 && status < 400) {
    const detail = `${baseUrl} answers with a redirect, which the gateway never follows.`;
    return { name, ok, detail, command: REMOVE_BASE_URL };
  }
  const detail = `${baseUrl} answered ${status}, so ${variable} could not be checked: ${message}`;
  return { name, ok, detail, command: "npm run doctor" };
}

function unreachable(variables: Variables, name: string, error: unknown): Check {
  const baseUrl = upstreamUrl();
  const reason = error instanceof Error ? error.message : String(error);
  if (!variables.ANTHROPIC_BASE_URL) {
    const detail = `The deployment cannot reach ${baseUrl} (${reason}). Its machine needs a way out to the internet.`;
    return { name, ok: false, detail, command: `curl -sS ${baseUrl}/v1/models` };
  }
  if (!isLoopback(baseUrl)) {
    const detail = `The deployment cannot reach ${baseUrl} (${reason}).`;
    return { name, ok: false, detail, command: REMOVE_BASE_URL };
  }
  const detail = isConvexCloud(variables)
    ? threeWaysOut(baseUrl)
    : `Nothing answers at ${baseUrl} (${reason}). localhost is the deployment's own machine or container.`;
  return { name, ok: false, detail, command: isConvexCloud(variables) ? REMOVE_BASE_URL : "npm start" };
}

function clockCheck(date: string | null, now: number): Check[] {
  const theirs = date === null ? Number.NaN : Date.parse(date);
  const offMs = now - theirs;
  if (Number.isNaN(offMs) || Math.abs(offMs) <= CLOCK_OFF_MS) return [];
  const direction = offMs > 0 ? "ahead of" : "behind";
  const detail = `The deployment's clock is ${Math.round(Math.abs(offMs) / 1000)} s ${direction} Claude's: sign-in and budgets go by it.`;
  return [{ name: "clock", ok: false, detail, command: "sudo timedatectl set-ntp true" }];
}

/** The message of Anthropic's error envelope, else the start of the text. */
function messageOf(text: string): string {
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text;
  return message.slice(0, MESSAGE_LENGTH_MAX);
}
