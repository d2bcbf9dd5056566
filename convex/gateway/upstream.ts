import { setKeyCommand } from "../model/diagnosis";
import { upstreamConfig } from "./config";
import { gatewayHeaders } from "./Exchange";
import { GatewayError } from "./GatewayError";

const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Not passed on to Claude. Everything else is, known or not. */
const REQUEST_HEADERS_DROPPED = new Set([
  ...HOP_BY_HOP,
  "authorization",
  "x-api-key",
  "cookie",
  "host",
  "content-length",
  "expect",
  "accept-encoding", // The relay needs Claude's bytes uncompressed.
  "origin", // Claude refuses browsers without the header below.
  "anthropic-dangerous-direct-browser-access",
  "anthropic-workspace-id",
  "anthropic-user-profile-id",
]);

/** Not passed back. The body leaves decoded, and the organisation is nobody's business but the operator's. */
const RESPONSE_HEADERS_DROPPED = new Set([
  ...HOP_BY_HOP,
  "set-cookie",
  "content-encoding",
  "content-length",
  "date",
  "server",
  "alt-svc",
  "strict-transport-security",
  "anthropic-organization-id",
  "cache-control", // Ours says no-store.
  "x-gateway-request-id",
]);

/** Names in lower case. A record, because a Headers object would be built twice for every request. */
export type HeaderRecord = Record<string, string>;

interface UpstreamInit {
  method: string;
  headers: HeaderRecord;
  body?: Uint8Array<ArrayBuffer>;
  signal: AbortSignal;
  /** Which of the operator's keys; absent: the first. */
  keyIndex?: number;
}

/** Calls Claude with the operator's key. Rejects when there is no answer; redirects are answers. */
export async function fetchUpstream(pathAndQuery: string, init: UpstreamInit): Promise<Response> {
  const { method, body, signal, keyIndex } = init;
  const { baseUrl, apiKey } = upstreamConfig(keyIndex);
  const own = { "x-api-key": apiKey, "accept-encoding": "identity" };
  const headers: HeaderRecord = Object.assign({}, init.headers, own);
  return await fetch(baseUrl + pathAndQuery, { method, headers, body, signal, redirect: "manual" });
}

/** The caller's headers as Claude may see them. */
export function requestHeaders(incoming: Headers): HeaderRecord {
  const headers: HeaderRecord = {};
  let named = "";
  for (const [name, value] of incoming) {
    if (!REQUEST_HEADERS_DROPPED.has(name) && !name.startsWith("x-gateway-")) {
      headers[name] = value;
    } else if (name === "connection") {
      named = value;
    }
  }
  for (const name of named.toLowerCase().split(/[\s,]+/)) {
    delete headers[name];
  }
  return headers;
}

/** Claude's headers as the caller may see them, with ours. */
export function responseHeaders(upstream: Headers, requestId: string): HeaderRecord {
  const headers: HeaderRecord = gatewayHeaders(requestId);
  for (const [name, value] of upstream) {
    if (!RESPONSE_HEADERS_DROPPED.has(name) && !name.startsWith("access-control-")) {
      headers[name] = value;
    }
  }
  return headers;
}

/** Answers that must not reach the caller as they are: the operator's problem is not the caller's 401. */
export function refuseOperatorFault(status: number): void {
  if (status === 401) {
    throw new GatewayError(
      "api_error",
      `Claude refused the operator's key. The operator checks what the deployment uses with \`npm run doctor\` and replaces the key: ${setKeyCommand("ANTHROPIC_API_KEY")}`,
    );
  }
  if (status >= 300 && status < 400) {
    throw new GatewayError(
      "api_error",
      "Claude's API answered with a redirect, which the gateway never follows. The operator checks ANTHROPIC_BASE_URL with `npx convex env get ANTHROPIC_BASE_URL`.",
    );
  }
}

/** There was no answer at all. Neither the URL nor the cause is the caller's to know. */
export function unreachableError(error: unknown): GatewayError {
  console.error("Claude's API could not be reached", error);
  return new GatewayError(
    "overloaded_error",
    "Claude's API could not be reached. If this lasts, the operator checks ANTHROPIC_BASE_URL with `npx convex env get ANTHROPIC_BASE_URL`; a cloud deployment cannot reach localhost.",
    { retryAfterMs: 1_000 },
  );
}
