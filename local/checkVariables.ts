import type { Variables } from "./envFile.ts";
import { lastFour, simulatedKey } from "./planVariables.ts";

/** One line of the doctor. `fix` is the command that mends it. */
export interface Check {
  readonly title: string;
  readonly isOk: boolean;
  readonly fix: string | null;
}

/**
 * Checks the variables of a deployment; a secret appears with its last four characters at most. `isCloud`: the
 * deployment runs on Convex's servers, from where this computer cannot be reached.
 */
export function checkVariables(variables: Variables, webUrl: string, isCloud: boolean): readonly Check[] {
  const keys = "npm run --silent doctor -- --secrets   (prints the commands, with new secrets)";
  return [
    checkKey(variables.ANTHROPIC_API_KEY),
    ...checkBaseUrl(variables, isCloud),
    checkPrivateKey(variables.JWT_PRIVATE_KEY, keys),
    checkJwks(variables.JWKS, keys),
    checkSiteUrl(variables.SITE_URL, webUrl),
    checkEncryptionKey(variables.GATEWAY_ENCRYPTION_KEY, keys),
  ];
}

function ok(title: string): Check {
  return { title, isOk: true, fix: null };
}

function wrong(title: string, fix: string): Check {
  return { title, isOk: false, fix };
}

function checkKey(key: string | undefined): Check {
  const fix = "npx convex env set ANTHROPIC_API_KEY sk-ant-...";
  if (key === undefined || key === "")
    return wrong(
      "ANTHROPIC_API_KEY is not set in the deployment (a shell or .env.local does not count)",
      fix,
    );
  if (key !== key.trim()) return wrong("ANTHROPIC_API_KEY has spaces or line breaks around it", fix);
  if (key === simulatedKey)
    return ok("ANTHROPIC_API_KEY is `simulated`: answers cost nothing and no model writes them");
  return ok(`ANTHROPIC_API_KEY is set (${lastFour(key)})`);
}

function checkBaseUrl(variables: Variables, isCloud: boolean): Check[] {
  const { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: url } = variables;
  const remove = "npx convex env remove ANTHROPIC_BASE_URL";
  if (url === undefined || url === "") {
    if (key !== simulatedKey)
      return [ok("ANTHROPIC_BASE_URL is not set: requests go to https://api.anthropic.com")];
    return [
      wrong("The key is `simulated`, but requests go to the real API, which will refuse it", "npm start"),
    ];
  }
  if (!URL.canParse(url)) return [wrong(`ANTHROPIC_BASE_URL is not a URL: ${url}`, remove)];
  const isLoopback = ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
  if (isLoopback && isCloud) {
    return [
      wrong(`ANTHROPIC_BASE_URL is ${url}, which a deployment on Convex's servers cannot reach`, remove),
    ];
  }
  if (isLoopback && key !== undefined && key !== simulatedKey && /^sk-ant-/.test(key)) {
    return [wrong(`A real key is set, but requests go to ${url}`, remove)];
  }
  return [ok(`ANTHROPIC_BASE_URL is ${url}`)];
}

function checkPrivateKey(value: string | undefined, fix: string): Check {
  if (value === undefined) return wrong("JWT_PRIVATE_KEY is not set: nobody can sign in", fix);
  if (!/^-----BEGIN PRIVATE KEY-----\s[\s\S]+-----END PRIVATE KEY-----\s*$/.test(value)) {
    return wrong("JWT_PRIVATE_KEY is not a PKCS#8 private key in PEM", fix);
  }
  return ok("JWT_PRIVATE_KEY is set");
}

function checkJwks(value: string | undefined, fix: string): Check {
  if (value === undefined) return wrong("JWKS is not set: nobody can sign in", fix);
  try {
    if (Array.isArray(JSON.parse(value).keys)) return ok("JWKS is set");
  } catch {
    // Reported below, like JSON of another shape.
  }
  return wrong('JWKS is not a JSON object {"keys": [...]}', fix);
}

function checkSiteUrl(value: string | undefined, webUrl: string): Check {
  const fix = `npx convex env set SITE_URL ${webUrl}`;
  if (value === undefined)
    return wrong("SITE_URL is not set: the chat and invite links need the web app's origin", fix);
  if (!URL.canParse(value) || new URL(value).origin !== value) {
    return wrong(`SITE_URL must be an origin without a path or a slash at its end, not ${value}`, fix);
  }
  return ok(`SITE_URL is ${value}`);
}

function checkEncryptionKey(value: string | undefined, fix: string): Check {
  if (value === undefined)
    return wrong("GATEWAY_ENCRYPTION_KEY is not set: webhook secrets cannot be stored", fix);
  if (Buffer.from(value, "base64").length !== 32)
    return wrong("GATEWAY_ENCRYPTION_KEY is not 32 bytes in base64", fix);
  return ok("GATEWAY_ENCRYPTION_KEY is set");
}
