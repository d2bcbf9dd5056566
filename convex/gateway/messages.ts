import { internal } from "../_generated/api";
import { Call } from "./Call";
import { upstreamConfig } from "./config";
import { extractGatewayKey, hashSecret } from "./credentials";
import { durableStream } from "./durableStream";
import { type Exchange, gatewayHeaders, queryOf } from "./Exchange";
import { GatewayError } from "./GatewayError";
import { type AdmitRequest, admit } from "./ledger";
import { parseMessagesBody } from "./parseMessagesBody";
import { BODY_BYTES_MAX, readBody } from "./readBody";
import { refusalError } from "./refusalError";
import { relay, type UpstreamRequest } from "./relay";
import { retryOf } from "./retryOf";
import { sseOutput } from "./StreamOutput";
import { sessionOf } from "./sessionOf";
import { type HeaderRecord, requestHeaders } from "./upstream";

/** `POST /v1/messages`: Anthropic's Messages API, faithful in both directions. */
export async function messages(exchange: Exchange): Promise<Response> {
  const keyHash = await hashSecret(extractGatewayKey(exchange.request));
  const body = await readCallersBody(exchange, { keyHash, bytesMax: BODY_BYTES_MAX });
  const { demand, isStreaming } = parseMessagesBody(body);
  const isDurable = wantsDurable(exchange, isStreaming);
  upstreamConfig();
  const request: AdmitRequest = {
    requestId: exchange.requestId,
    caller: { keyHash },
    source: "api",
    endpoint: "POST /v1/messages",
    isStreaming,
    isDurable,
    demand,
    session: sessionOf(exchange.request.headers),
  };
  const admission = await admit(exchange.ctx, request);
  const call = new Call(exchange, admission, { isDurable, retry: retryOf(exchange, request) });
  const upstreamRequest: UpstreamRequest = {
    // Not the path as it came: Hono accepts other spellings of it.
    pathAndQuery: `/v1/messages${queryOf(exchange.request)}`,
    headers: requestHeaders(exchange.request.headers),
    body,
  };
  return isDurable
    ? durableStream(call, upstreamRequest, durableHeaders(exchange.requestId))
    : await relay(call, upstreamRequest, sseOutput(exchange.requestId));
}

/** Whether the caller wants the answer kept for a day, which is also the consent to storing it. */
function wantsDurable({ request: { headers } }: Exchange, isStreaming: boolean): boolean {
  const value = headers.get(DURABLE_HEADER)?.trim().toLowerCase() ?? "false";
  if (value !== "true" && value !== "false") {
    throw new GatewayError(
      "invalid_request_error",
      `${DURABLE_HEADER} is true or false, not ${value.slice(0, 20)}.`,
    );
  }
  if (value === "true" && !isStreaming) {
    throw new GatewayError(
      "invalid_request_error",
      `${DURABLE_HEADER} needs a stream: set \`stream: true\` in the body, or leave the header out.`,
    );
  }
  return value === "true";
}

const DURABLE_HEADER = "x-gateway-durable";

/** Of a stream that answers before Claude does. */
export function durableHeaders(requestId: string): HeaderRecord {
  return { ...gatewayHeaders(requestId), "content-type": "text/event-stream; charset=utf-8" };
}

/** A program's body; past 256 KiB only for a key that may call at all. */
export async function readCallersBody(
  { ctx, request }: Exchange,
  { keyHash, bytesMax }: { keyHash: string; bytesMax: number },
): Promise<Uint8Array<ArrayBuffer>> {
  return await readBody(request, {
    bytesMax,
    async checkCaller() {
      const refusal = await ctx.runQuery(internal.requests.checkKey, { keyHash, now: Date.now() });
      if (refusal) {
        throw refusalError(refusal);
      }
    },
  });
}
