import { type Infer, v } from "convex/values";

/** One finding of the doctor and of the settings page. Holds no secret beyond its last four characters. */
export const vCheck = v.object({
  name: v.string(),
  ok: v.boolean(),
  /** What is, and if it is wrong, why that matters. */
  detail: v.string(),
  /** The one command that mends it. */
  command: v.optional(v.string()),
});
export type Check = Infer<typeof vCheck>;

/** The deployment's own environment variables. */
export interface Variables {
  ANTHROPIC_API_KEY?: string | undefined;
  ANTHROPIC_API_KEY_2?: string | undefined;
  ANTHROPIC_API_KEY_3?: string | undefined;
  ANTHROPIC_API_KEY_4?: string | undefined;
  ANTHROPIC_BASE_URL?: string | undefined;
  JWT_PRIVATE_KEY?: string | undefined;
  JWKS?: string | undefined;
  SITE_URL?: string | undefined;
  GATEWAY_ENCRYPTION_KEY?: string | undefined;
  /** Set by Convex itself. */
  CONVEX_CLOUD_URL?: string | undefined;
}

const MAIN_KEY = "ANTHROPIC_API_KEY";
/** Further ones take over when an earlier one is refused or over its limits. */
const KEY_NAMES = [MAIN_KEY, "ANTHROPIC_API_KEY_2", "ANTHROPIC_API_KEY_3", "ANTHROPIC_API_KEY_4"] as const;
type KeyName = (typeof KEY_NAMES)[number];

/** What `npm start` sets for the simulated Claude. */
export const SIMULATED_KEY = "simulated";
export const setKeyCommand = (name: string): string => `npx convex env set ${name} sk-ant-...`;
const REMOVE_BASE_URL = "npx convex env remove ANTHROPIC_BASE_URL";
/** Sets only those secrets that are missing or unusable: another encryption key would make stored secrets unreadable. */
const SET_SECRETS = "npm run -s doctor -- --secrets | sh";
const ENCRYPTION_KEY_BYTES = 32;

/** Every check that needs only the variables. `webUrl`: where the web app is opened, if that is known. */
export function diagnose(variables: Variables, webUrl?: string): Check[] {
  return [
    ...checkKeys(variables),
    checkBaseUrl(variables),
    checkPrivateKey(variables),
    checkJwks(variables),
    checkSiteUrl(variables, webUrl),
    checkEncryptionKey(variables),
  ];
}

/** The reason why no request can reach Claude, as far as the variables tell; null when there is none. */
export function upstreamProblem(variables: Variables): Check | null {
  const key = checkKey(MAIN_KEY, variables.ANTHROPIC_API_KEY, variables);
  return [key, checkBaseUrl(variables)].find((check) => !check.ok) ?? null;
}

/** The operator's keys by variable, as far as they are set. */
export function keysOf(variables: Variables): { name: KeyName; key: string }[] {
  const keys: { name: KeyName; key: string }[] = [];
  for (const name of KEY_NAMES) {
    const key = variables[name];
    if (key) keys.push({ name, key });
  }
  return keys;
}

/** All of a secret that is ever shown. */
export function lastFour(secret: string): string {
  return secret.length > 12 ? `…${secret.slice(-4)}` : "…";
}

export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

/** Whether the deployment runs on Convex's servers, from where nobody's own computer can be reached. */
export function isConvexCloud({ CONVEX_CLOUD_URL: url }: Variables): boolean {
  return url !== undefined && URL.canParse(url) && new URL(url).hostname.endsWith(".convex.cloud");
}

/** A Claude on somebody's own computer, and a deployment that is elsewhere: what can be done. */
export function threeWaysOut(url: string): string {
  return (
    `ANTHROPIC_BASE_URL is ${url}, and this deployment runs on Convex's servers, which cannot reach your computer. Three ways ` +
    "out: use Anthropic's hosted API (the command below); or run the deployment on the same computer as that Claude " +
    "(`npm start` without CONVEX_DEPLOYMENT); or give that Claude a public https address with a tunnel that asks for a " +
    "password, and set ANTHROPIC_BASE_URL to it."
  );
}

function passed(name: string, detail: string): Check {
  return { name, ok: true, detail };
}

function failed(name: string, detail: string, command: string): Check {
  return { name, ok: false, detail, command };
}

function checkKeys(variables: Variables): Check[] {
  const keys = keysOf(variables);
  if (keys.length === 0) return [checkKey(MAIN_KEY, undefined, variables)];
  return keys.map(({ name, key }) => checkKey(name, key, variables));
}

function checkKey(name: KeyName, key: string | undefined, variables: Variables): Check {
  if (key === undefined || key === "") {
    return failed(
      name,
      `${name} is not set in this Convex deployment. Functions see only the deployment's variables: a shell, .env or .env.local does not reach them.`,
      setKeyCommand(name),
    );
  }
  const problem = malformation(key, variables.ANTHROPIC_BASE_URL);
  if (problem !== null) return failed(name, `${name} ${problem}.`, setKeyCommand(name));
  if (key === SIMULATED_KEY) {
    return passed(name, `${name} is \`${SIMULATED_KEY}\`: answers cost nothing and no model writes them.`);
  }
  return passed(name, `${name} is set (${lastFour(key)}).`);
}

/** What is wrong with the form of a key, as the end of a sentence. Servers that are not Anthropic's choose their own form. */
function malformation(key: string, baseUrl: string | undefined): string | null {
  if (/\s/.test(key)) return "has a space or a line break in it";
  if (/^["'`]|["'`]$/.test(key)) return "has quotes around it";
  if (/[^\x21-\x7e]|\.\.\./.test(key)) return "is a placeholder with dots, not a key";
  if (baseUrl && new URL(baseUrl, "http://invalid").hostname !== "api.anthropic.com") return null;
  if (key === SIMULATED_KEY) return "is `simulated`, but requests go to the real API, which will refuse it";
  if (key.startsWith("ccg_live_")) return "is a key of this gateway, not one of Anthropic's";
  if (key.startsWith("sk-ant-admin")) return "is an Admin API key, which cannot call models";
  if (key.startsWith("sk-ant-oat")) return "is a login token of Claude Code, not an API key";
  if (!key.startsWith("sk-ant-")) return "does not start with sk-ant-, as Anthropic's keys do";
  return /^[\w-]{20,}$/.test(key) ? null : "is cut off or has characters that no key has";
}

function checkBaseUrl(variables: Variables): Check {
  const name = "ANTHROPIC_BASE_URL";
  const { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: url } = variables;
  if (!url) return passed(name, "Requests go to https://api.anthropic.com.");
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    return failed(name, `ANTHROPIC_BASE_URL is not an http address: ${url}`, REMOVE_BASE_URL);
  }
  if (isLoopback(url) && isConvexCloud(variables)) return failed(name, threeWaysOut(url), REMOVE_BASE_URL);
  if (isLoopback(url) && key?.startsWith("sk-ant-")) {
    return failed(
      name,
      `A real key is set, but requests still go to ${url}, where \`npm start\` put the simulated Claude.`,
      REMOVE_BASE_URL,
    );
  }
  return passed(name, `Requests go to ${url}.`);
}

function checkPrivateKey({ JWT_PRIVATE_KEY: pem }: Variables): Check {
  const name = "JWT_PRIVATE_KEY";
  if (!pem) return failed(name, "JWT_PRIVATE_KEY is not set: nobody can sign in.", SET_SECRETS);
  if (derOf(pem) === null) {
    return failed(
      name,
      "JWT_PRIVATE_KEY is not a private key in PEM (PKCS#8): nobody can sign in.",
      SET_SECRETS,
    );
  }
  return passed(name, "JWT_PRIVATE_KEY is set.");
}

function checkJwks({ JWKS: jwks, JWT_PRIVATE_KEY: pem }: Variables): Check {
  const name = "JWKS";
  if (!jwks) return failed(name, "JWKS is not set: nobody can sign in.", SET_SECRETS);
  const modulus = modulusOf(jwks);
  if (modulus === null) {
    return failed(name, 'JWKS is not {"keys": [...]} with an RSA key: nobody can sign in.', SET_SECRETS);
  }
  const der = pem ? derOf(pem) : null;
  if (der !== null && !der.includes(modulus)) {
    return failed(
      name,
      "JWKS is not the public half of JWT_PRIVATE_KEY: sign-in succeeds and every page refuses.",
      SET_SECRETS,
    );
  }
  return passed(name, "JWKS is set.");
}

function checkSiteUrl({ SITE_URL: url }: Variables, webUrl?: string): Check {
  const name = "SITE_URL";
  const command = `npx convex env set SITE_URL ${webUrl ?? "https://chat.example.com"}`;
  if (!url) {
    return failed(
      name,
      "SITE_URL is not set: the chat and the links of invites need the web app's address.",
      command,
    );
  }
  if (!URL.canParse(url) || new URL(url).origin !== url) {
    return failed(
      name,
      `SITE_URL must be an address without a path or a slash at its end, not ${url}`,
      command,
    );
  }
  if (webUrl !== undefined && webUrl !== url) {
    return failed(
      name,
      `SITE_URL is ${url}, but the web app is open at ${webUrl}: from there the chat is refused.`,
      command,
    );
  }
  return passed(name, `SITE_URL is ${url}.`);
}

function checkEncryptionKey({ GATEWAY_ENCRYPTION_KEY: key }: Variables): Check {
  const name = "GATEWAY_ENCRYPTION_KEY";
  if (!key) {
    return failed(name, "GATEWAY_ENCRYPTION_KEY is not set: webhook secrets cannot be stored.", SET_SECRETS);
  }
  if (decodeBase64(key)?.length !== ENCRYPTION_KEY_BYTES) {
    return failed(name, "GATEWAY_ENCRYPTION_KEY is not 32 bytes in base64.", SET_SECRETS);
  }
  return passed(name, "GATEWAY_ENCRYPTION_KEY is set.");
}

/** The key's bytes as a binary string; line breaks may have become spaces, as in one line of an env file. */
function derOf(pem: string): string | null {
  const body = /^-----BEGIN PRIVATE KEY-----\s([\s\S]+)-----END PRIVATE KEY-----\s*$/.exec(pem)?.[1];
  return body === undefined ? null : decodeBase64(body.replace(/\s/g, ""));
}

function modulusOf(jwks: string): string | null {
  let parsed: { keys?: { n?: unknown }[] };
  try {
    parsed = JSON.parse(jwks);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  const modulus = parsed?.keys?.[0]?.n;
  return typeof modulus === "string" ? decodeBase64(modulus.replace(/-/g, "+").replace(/_/g, "/")) : null;
}

function decodeBase64(text: string): string | null {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 !== 1 ? atob(text) : null;
}
