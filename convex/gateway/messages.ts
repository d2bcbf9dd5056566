import { internal } from "../_generated/api";
import { Call } from "./Call";
import { upstreamConfig } from "./config";
import { extractGatewayKey, hashSecret } from "./credentials";
import { type Exchange, queryOf } from "./Exchange";
import { type AdmitRequest, admit } from "./ledger";
import { parseMessagesBody } from "./parseMessagesBody";
import { BODY_BYTES_MAX, readBody } from "./readBody";
import { refusalError } from "./refusalError";
import { relay } from "./relay";
import { retryOf } from "./retryOf";
import { sseOutput } from "./StreamOutput";
import { sessionOf } from "./sessionOf";
import { requestHeaders } from "./upstream";

/** `POST /v1/messages`: Anthropic's Messages API, faithful in both directions. */
export async function messages(exchange: Exchange): Promise<Response> {
  const keyHash = await hashSecret(extractGatewayKey(exchange.request));
  const body = await readCallersBody(exchange, { keyHash, bytesMax: BODY_BYTES_MAX });
  const { demand, isStreaming } = parseMessagesBody(body);
  upstreamConfig();
  const request: AdmitRequest = {
    requestId: exchange.requestId,
    caller: { keyHash },
    source: "api",
    endpoint: "POST /v1/messages",
    isStreaming,
    isDurable: false,
    demand,
    session: sessionOf(exchange.request.headers),
  };
  const admission = await admit(exchange.ctx, request);
  const call = new Call(exchange, admission, { isDurable: false, retry: retryOf(exchange, request) });
  return await relay(
    call,
    {
      // Not the path as it came: Hono accepts other spellings of it.
      pathAndQuery: `/v1/messages${queryOf(exchange.request)}`,
      headers: requestHeaders(exchange.request.headers),
      body,
    },
    sseOutput(exchange.requestId),
  );
}

/** A program's body; past 256 KiB only for a key that may call at all. */
export async function readCallersBody(
  { ctx, request }: Exchange,
  { keyHash, bytesMax }: { keyHash: string; bytesMax: number },
): Promise<Uint8Array<ArrayBuffer>> {
  return await readBody(request, {
    bytesMax,
    checkCaller: async () => {
      const refusal = await ctx.runQuery(internal.requests.checkKey, { keyHash, now: Date.now() });
      if (refusal) {
        throw refusalError(refusal);
      }
    },
  });
}
