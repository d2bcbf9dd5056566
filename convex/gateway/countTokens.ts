import { internal } from "../_generated/api";
import { upstreamConfig } from "./config";
import { extractGatewayKey, hashSecret } from "./credentials";
import { type Exchange, queryOf } from "./Exchange";
import { overloaded } from "./ledger";
import { readCallersBody } from "./messages";
import { parseCountTokensBody } from "./parseMessagesBody";
import { BODY_BYTES_MAX } from "./readBody";
import { refusalError } from "./refusalError";
import { bodyOf } from "./relay";
import {
  fetchUpstream,
  refuseOperatorFault,
  requestHeaders,
  responseHeaders,
  unreachableError,
} from "./upstream";

/** `POST /v1/messages/count_tokens`: free, so it needs no price and no budget; it counts against the key's rate. */
export async function countTokens(exchange: Exchange): Promise<Response> {
  const { request } = exchange;
  const keyHash = await hashSecret(extractGatewayKey(request));
  const body = await readCallersBody(exchange, { keyHash, bytesMax: BODY_BYTES_MAX });
  const objectIds = parseCountTokensBody(body);
  upstreamConfig();
  await admitFree(exchange, { keyHash, takesRate: true, objectIds });
  return await relayFree(exchange, { path: "/v1/messages/count_tokens", body });
}

/** Lets a call that costs nothing pass, or throws the refusal. Returns the models that the key may use. */
export async function admitFree(
  { ctx }: Exchange,
  { keyHash, ...call }: { keyHash: string; takesRate: boolean; objectIds?: string[] },
): Promise<{ allowedModels?: string[] }> {
  const decision = await ctx
    .runMutation(internal.requests.admitFree, { caller: { keyHash }, ...call })
    .catch((error: unknown) => {
      throw overloaded(error);
    });
  if (!decision.ok) {
    throw refusalError(decision.refusal);
  }
  return decision;
}

interface FreeCall {
  path: string;
  body?: Uint8Array<ArrayBuffer>;
  method?: string;
}

/** To Claude and back without a row in the usage log: nothing is billed. */
export async function relayFree(
  { request, requestId }: Exchange,
  { path, body, method = body ? "POST" : "GET" }: FreeCall,
): Promise<Response> {
  const upstream = await fetchUpstream(path + queryOf(request), {
    method,
    headers: requestHeaders(request.headers),
    body,
    signal: request.signal,
  }).catch((error: unknown) => {
    throw unreachableError(error);
  });
  refuseOperatorFault(upstream.status);
  return new Response(bodyOf(new Uint8Array(await upstream.arrayBuffer())), {
    status: upstream.status,
    headers: responseHeaders(upstream.headers, requestId),
  });
}
