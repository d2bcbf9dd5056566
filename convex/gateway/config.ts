import { env } from "../_generated/server";
import { keysOf, SIMULATED_KEY, upstreamProblem, type Variables } from "../model/diagnosis";
import { isEncryptionKey } from "../model/sealedSecret";
import { GatewayError } from "./GatewayError";

const ANTHROPIC_ORIGIN = "https://api.anthropic.com";

/** Where Claude is and one of the operator's keys for it. Throws what the doctor says when that cannot work. */
export function upstreamConfig(keyIndex = 0): { baseUrl: string; apiKey: string } {
  const keys = keysOf(env);
  const { key: apiKey } = keys[keyIndex] ?? keys[0] ?? {};
  const { ANTHROPIC_BASE_URL, CONVEX_CLOUD_URL } = env;
  requireUsable({ ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL, CONVEX_CLOUD_URL });
  return { baseUrl: upstreamUrl(), apiKey: apiKey ?? "" };
}

type UpstreamVariables = Pick<Variables, "ANTHROPIC_API_KEY" | "ANTHROPIC_BASE_URL" | "CONVEX_CLOUD_URL">;

/** What was looked at last and found good: every request asks twice, and the look parses URLs. */
let usable: UpstreamVariables = {};

function requireUsable(variables: UpstreamVariables): void {
  const { ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL, CONVEX_CLOUD_URL } = variables;
  if (
    ANTHROPIC_API_KEY !== undefined &&
    ANTHROPIC_API_KEY === usable.ANTHROPIC_API_KEY &&
    ANTHROPIC_BASE_URL === usable.ANTHROPIC_BASE_URL &&
    CONVEX_CLOUD_URL === usable.CONVEX_CLOUD_URL
  ) {
    return;
  }
  const problem = upstreamProblem(variables);
  if (problem !== null) {
    throw new GatewayError("api_error", `${problem.detail} The operator mends it: ${problem.command}`);
  }
  usable = variables;
}

/** Without a slash at its end. */
export function upstreamUrl(): string {
  return (env.ANTHROPIC_BASE_URL || ANTHROPIC_ORIGIN).replace(/\/+$/, "");
}

/** What the doctor looks at. Its secrets stay in the deployment. */
export function deploymentVariables(): Variables {
  const { ANTHROPIC_API_KEY, ANTHROPIC_API_KEY_2, ANTHROPIC_API_KEY_3, ANTHROPIC_API_KEY_4 } = env;
  const { ANTHROPIC_BASE_URL, JWT_PRIVATE_KEY, JWKS, SITE_URL } = env;
  const { GATEWAY_ENCRYPTION_KEY, CONVEX_CLOUD_URL } = env;
  return {
    ...{ ANTHROPIC_API_KEY, ANTHROPIC_API_KEY_2, ANTHROPIC_API_KEY_3, ANTHROPIC_API_KEY_4 },
    ...{ ANTHROPIC_BASE_URL, JWT_PRIVATE_KEY, JWKS, SITE_URL },
    ...{ GATEWAY_ENCRYPTION_KEY, CONVEX_CLOUD_URL },
  };
}

/** How many keys for Claude the operator has set, at least 1. */
export function upstreamKeyCount(): number {
  return Math.max(1, keysOf(env).length);
}

/** The key for secrets at rest. Throws the error that says how to set a missing one. */
export function encryptionKey(): string {
  const key = env.GATEWAY_ENCRYPTION_KEY;
  if (!key || !isEncryptionKey(key)) {
    throw new GatewayError(
      "api_error",
      "GATEWAY_ENCRYPTION_KEY is not 32 bytes in base64 in this Convex deployment, so webhook secrets cannot be stored or read. The operator makes one with `npm run --silent doctor -- --secrets`.",
    );
  }
  return key;
}

/** Whether deliveries may go to this machine itself, as on the local deployment. */
export function allowsLoopbackCallbacks(): boolean {
  return env.ALLOW_LOOPBACK_CALLBACKS === "1";
}

/** The web app's exact origin, or null when SITE_URL is not set or not a URL. */
export function webOrigin(): string | null {
  return env.SITE_URL && URL.canParse(env.SITE_URL) ? new URL(env.SITE_URL).origin : null;
}

/** What the settings page tells about the environment; never a secret. */
export function environmentFacts(): { isSimulated: boolean; hasApiKey: boolean; siteUrl: string } {
  return {
    isSimulated: env.ANTHROPIC_API_KEY === SIMULATED_KEY,
    hasApiKey: Boolean(env.ANTHROPIC_API_KEY),
    siteUrl: env.CONVEX_SITE_URL,
  };
}

/** Base of the links that the web app opens, without a trailing slash. */
export function webUrl(): string | null {
  return env.SITE_URL ? env.SITE_URL.replace(/\/+$/, "") : null;
}
