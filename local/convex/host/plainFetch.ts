import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { pipeline, type Readable, type Transform } from "node:stream";
import zlib from "node:zlib";
import { IncomingBody } from "./incomingBody.ts";
import { LazyResponse } from "./lazyResponse.ts";
import { MapHeaders } from "./mapHeaders.ts";

const agents = {
  "http:": new http.Agent({ keepAlive: true, scheduling: "lifo" }),
  "https:": new https.Agent({ keepAlive: true, scheduling: "lifo" }),
};

/** A fetch that asks for nothing but a request and its answer. */
export interface PlainRequest {
  url: URL;
  method: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Uint8Array | null;
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
  const url = URL.canParse(String(input)) ? new URL(String(input)) : null;
  if (url === null || !(url.protocol in agents) || url.username !== "" || url.password !== "") return null;
  return {
    url,
    method: init.method ?? "GET",
    headers,
    body: typeof body === "string" ? Buffer.from(body) : body,
    signal: init.signal ?? null,
  };
}

/** Resolves with the answer's head; rejects as fetch does, with an AbortError or `TypeError: fetch failed`. */
export function plainFetch(plain: PlainRequest): Promise<Response> {
  const { url, method, body, signal } = plain;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const isSecure = url.protocol === "https:";
    const request = (isSecure ? https : http).request(url, {
      method,
      agent: isSecure ? agents["https:"] : agents["http:"],
      headers: headersOf(plain),
    });
    let cause: Error | null = null;
    const failure = () =>
      signal?.aborted ? signal.reason : new TypeError("fetch failed", { cause: cause ?? undefined });
    const abort = () => void request.destroy();
    signal?.addEventListener("abort", abort);
    request.on("close", () => signal?.removeEventListener("abort", abort));
    request.on("error", (error) => {
      cause = error;
      reject(failure());
    });
    request.on("response", (message) => resolve(answer(message, url, failure)));
    request.end(body ?? undefined);
  });
}

/** A record is taken as it is: `http.request` refuses what `Headers` would refuse. */
function headerRecord(init: HeadersInit | undefined): Record<string, string> {
  const isRecord = init !== undefined && !(init instanceof Headers) && !(Symbol.iterator in init);
  const entries = isRecord ? Object.entries(init) : new Headers(init);
  const record: Record<string, string> = {};
  for (const [name, value] of entries) record[name.toLowerCase()] = value;
  return record;
}

function headersOf({ headers, body }: PlainRequest): Record<string, string | number> {
  const own = { accept: "*/*", "user-agent": "convex", ...headers };
  return body === null ? own : { ...own, "content-length": body.byteLength };
}

function answer(message: IncomingMessage, url: URL, failure: () => Error): Response {
  const status = message.statusCode ?? 0;
  const hasBody = status !== 204 && status !== 205 && status !== 304;
  if (!hasBody) message.resume();
  return new LazyResponse(hasBody ? new IncomingBody(decoded(message), failure) : null, {
    status,
    statusText: message.statusMessage ?? "",
    headers: MapHeaders.fromRaw(message.rawHeaders),
    url: url.href,
  });
}

/** Both give out what they have at every flush of the sender's, and take an end without a checksum, as fetch does. */
const zlibFlush = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };
const brotliFlush = {
  flush: zlib.constants.BROTLI_OPERATION_FLUSH,
  finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH,
};

const DECODERS: Record<string, () => Transform> = {
  gzip: () => zlib.createGunzip(zlibFlush),
  deflate: () => zlib.createInflate(zlibFlush),
  br: () => zlib.createBrotliDecompress(brotliFlush),
};

/** The body as it was before a server compressed it, asked or not. */
function decoded(message: IncomingMessage): Readable {
  const decoder = DECODERS[message.headers["content-encoding"]?.toLowerCase() ?? ""];
  // What breaks it reaches the reader as the decoder's own error.
  return decoder ? pipeline(message, decoder(), () => {}) : message;
}
