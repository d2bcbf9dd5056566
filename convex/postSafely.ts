"use node";

import { lookup as dnsLookup, type LookupAddress } from "node:dns";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import type { AttemptOutcome } from "./deliveryOutcome";
import { callbackUrlProblem, isLoopbackHost } from "./model/callbackUrl";
import { parseRetryAfterMs } from "./model/deliverySchedule";
import { isLoopbackAddress, isPublicAddress } from "./model/publicAddress";

const TIMEOUT_MS = 15_000;
/** A body that trickles is not waited for: the status is what counts. */
const BODY_TIMEOUT_MS = 2_000;
const KEPT_BYTES = 1_024;

export interface SafePost {
  headers: Record<string, string>;
  body: Uint8Array;
  allowsLoopback: boolean;
  /** Node's own unless a test answers instead of the DNS. */
  lookup?: typeof dnsLookup;
  timeoutMs?: number;
}

/**
 * POSTs to a receiver that a stranger may have chosen. The name is looked up once, every address must be public, and
 * the connection goes to one of those addresses; redirects are answers; the answer is read to its first KB. Never rejects.
 */
export async function postSafely(url: string, post: SafePost): Promise<AttemptOutcome> {
  const startedAt = Date.now();
  const outcome = (end: Partial<AttemptOutcome>): AttemptOutcome => ({
    ...{ status: null, retryAfterMs: null, responseText: "", error: null },
    ...end,
    latencyMs: Date.now() - startedAt,
  });
  const problem = callbackUrlProblem(url, post.allowsLoopback);
  if (problem !== null) return outcome({ error: problem });
  try {
    const response = await respond(new URL(url), post);
    const responseText = await readStart(response);
    const { statusCode: status = null, headers } = response;
    return outcome({
      status,
      responseText,
      retryAfterMs: parseRetryAfterMs(headers["retry-after"] ?? null, Date.now()),
    });
  } catch (error) {
    return outcome({ error: error instanceof Error ? reasonOf(error) : "The request failed." });
  }
}

function respond(url: URL, post: SafePost): Promise<IncomingMessage> {
  const { headers, body, timeoutMs = TIMEOUT_MS } = post;
  return new Promise((resolve, reject) => {
    const options = {
      method: "POST",
      headers: { ...headers, "content-length": String(body.length) },
      lookup: checkingLookup(post),
      agent: false as const, // No connection outlives its check.
    };
    const request = url.protocol === "https:" ? httpsRequest(url, options) : httpRequest(url, options);
    endAfter(request, timeoutMs);
    request.once("error", reject);
    request.once("response", resolve);
    request.end(body);
  });
}

/** The whole attempt has one deadline, however it is slow. */
function endAfter(request: ClientRequest, timeoutMs: number): void {
  const timer = setTimeout(
    () => request.destroy(new Error(`No answer within ${timeoutMs / 1_000} s.`)),
    timeoutMs,
  );
  request.once("close", () => clearTimeout(timer));
}

/** Resolves the name and refuses it when any address is not public; the socket connects to what was checked. */
function checkingLookup({ allowsLoopback, lookup = dnsLookup }: SafePost): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const addresses: LookupAddress[] = Array.isArray(found) ? found : [];
      if (error) return callback(error, []);
      const isAllowed = ({ address }: LookupAddress) =>
        isPublicAddress(address) ||
        (allowsLoopback && isLoopbackHost(hostname) && isLoopbackAddress(address));
      const [first] = addresses;
      if (first === undefined || !addresses.every(isAllowed)) {
        return callback(new Error("The host's name leads to a private or reserved address."), []);
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** Up to the first KB, then the connection is closed. */
function readStart(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = () => {
      clearTimeout(timer);
      response.destroy();
      resolve(Buffer.concat(chunks).subarray(0, KEPT_BYTES).toString().replaceAll("\0", "\uFFFD"));
    };
    const timer = setTimeout(end, BODY_TIMEOUT_MS);
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= KEPT_BYTES) end();
    });
    response.once("end", end);
    response.once("error", end);
    response.once("close", end);
  });
}

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.message : `The receiver could not be reached (${code}).`;
}
