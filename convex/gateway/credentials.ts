import { encodeHex } from "../model/encodeHex";
import { isGatewayKey } from "../model/gatewayKey";
import { GatewayError } from "./GatewayError";

const HOW_TO_SEND =
  "Send a gateway key (ccg_live_…) as `Authorization: Bearer <key>` or `x-api-key: <key>`; keys are made on the Keys page or with `npx convex run admin:createApiKey`.";
const KEY_PARAMETERS = ["key", "api_key", "apikey", "api-key", "x-api-key", "token", "access_token"];

/**
 * The one place that reads a program's credential. Refuses, before the body is read: a key in the URL,
 * no key, two keys that differ, and anything without a gateway key's shape and checksum.
 */
export function extractGatewayKey(request: Request): string {
  refuseKeyInUrl(request.url);
  const bearer = bearerToken(request.headers.get("authorization"));
  const apiKey = request.headers.get("x-api-key")?.trim() || null;
  if (bearer !== null && apiKey !== null && bearer !== apiKey) {
    throw new GatewayError(
      "authentication_error",
      "`Authorization` and `x-api-key` carry different credentials. Unset one of them (ANTHROPIC_AUTH_TOKEN or ANTHROPIC_API_KEY in the client's environment).",
    );
  }
  const credential = bearer ?? apiKey;
  if (credential === null) {
    throw new GatewayError("authentication_error", `No credential. ${HOW_TO_SEND}`);
  }
  if (!isGatewayKey(credential)) {
    throw new GatewayError("authentication_error", `${whatItIs(credential)} ${HOW_TO_SEND}`);
  }
  return credential;
}

function refuseKeyInUrl(url: string): void {
  const queryStart = url.indexOf("?");
  if (queryStart === -1) {
    return;
  }
  const query = url.slice(queryStart + 1);
  const names = [...new URLSearchParams(query).keys()].map((name) => name.toLowerCase());
  if (/ccg_live_|sk-ant-/i.test(query) || names.some((name) => KEY_PARAMETERS.includes(name))) {
    throw new GatewayError(
      "authentication_error",
      `Keys in a URL end up in logs, so the gateway never accepts them there; revoke this one. ${HOW_TO_SEND}`,
    );
  }
}

function bearerToken(header: string | null): string | null {
  if (header === null || header.trim() === "") {
    return null;
  }
  const match = /^bearer[ \t]+(\S+)[ \t]*$/i.exec(header.trim());
  if (!match?.[1]) {
    throw new GatewayError(
      "authentication_error",
      `The Authorization header is not a Bearer token. ${HOW_TO_SEND}`,
    );
  }
  return match[1];
}

function whatItIs(credential: string): string {
  if (credential.startsWith("sk-ant-")) {
    return "That is a credential of Anthropic's, not of this gateway.";
  }
  if (credential.startsWith("ccg_live_")) {
    return "The gateway key is mistyped or cut off: its checksum does not match.";
  }
  return "That is not a gateway key.";
}

/** SHA-256 of a secret, hex: the only form in which keys are stored or looked up. */
export async function hashSecret(secret: string): Promise<string> {
  return encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret))));
}
