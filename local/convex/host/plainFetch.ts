import { Agent } from "undici";
import { Arrival, type Head } from "./arrival.ts";
import { decodedBody } from "./decodedBody.ts";
import { type BodySource, IncomingBody } from "./incomingBody.ts";
import { LazyResponse } from "./lazyResponse.ts";
import { MapHeaders } from "./mapHeaders.ts";

/** Functions have time limits of their own. An idle connection is kept as long as servers commonly keep theirs. */
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 30_000 });

/** A fetch that asks for nothing but a request and its answer. */
export interface PlainRequest {
  url: URL;
  method: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Uint8Array | string | null;
  signal: AbortSignal | null;
}

/**
 * The request, if this fetch needs none of what makes the native one expensive: redirects are not followed, no
 * compression is asked for, and the body is there as a whole. Null for all others.
 */
export function plainRequest(input: unknown, init: RequestInit | undefined): PlainRequest | null {
  if (init?.redirect !== "manual" || !(typeof input === "string" || input instanceof URL)) return null;
  const headers = headerRecord(init.headers);
  if (headers["accept-encoding"] !== "identity") return null;
  const { body = null } = init;
  if (body !== null && typeof body !== "string" && !(body instanceof Uint8Array)) return null;
  const url = parsedUrl(input);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    return null;
  }
  return { url, method: init.method ?? "GET", headers, body, signal: init.signal ?? null };
}

function parsedUrl(input: string | URL): URL | null {
  try {
    return new URL(input);
  } catch {
    return null;
  }
}

/** Resolves with the answer's head; rejects as fetch does, with an AbortError or `TypeError: fetch failed`. */
export function plainFetch({ url, method, headers, body, signal }: PlainRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const failure = (cause: Error) =>
      (signal?.aborted && signal.reason) || new TypeError("fetch failed", { cause });
    const abort = () => arrival.abort(new Error("The request was aborted."));
    const arrival = new Arrival({
      head: (head) => resolve(answer(head, url, (encoding) => decodedBody(arrival, encoding, failure))),
      failed: reject,
      ended: () => signal?.removeEventListener("abort", abort),
      failure,
    });
    signal?.addEventListener("abort", abort);
    const path = url.pathname + url.search;
    agent.dispatch({ origin: url.origin, path, method: method as "POST", headers, body }, arrival);
  });
}

/** A record is taken as it is: undici refuses what `Headers` would refuse, and counts the body itself. */
function headerRecord(init: HeadersInit | undefined): Record<string, string> {
  const isRecord = init !== undefined && !(init instanceof Headers) && !(Symbol.iterator in init);
  const entries = isRecord ? Object.entries(init) : new Headers(init);
  const record: Record<string, string> = { accept: "*/*", "user-agent": "convex" };
  for (const [name, value] of entries) {
    const key = name.toLowerCase();
    if (key !== "content-length") record[key] = value;
  }
  return record;
}

function answer(
  { status, statusText, rawHeaders }: Head,
  url: URL,
  source: (encoding: string | null) => BodySource,
): Response {
  const headers = MapHeaders.fromRaw(rawHeaders);
  const hasBody = status !== 204 && status !== 205 && status !== 304;
  const body = hasBody ? new IncomingBody(source(headers.get("content-encoding"))) : null;
  return new LazyResponse(body, { status, statusText, headers, url: url.href });
}
