import { internal } from "../_generated/api";
import { memberError, requireSignedIn } from "./chat";
import { extractGatewayKey, hashSecret } from "./credentials";
import { type Exchange, gatewayHeaders } from "./Exchange";
import { GatewayError } from "./GatewayError";

/** `POST /gateway/requests/{requestId}/stop`: for the key or the member that the request belongs to. */
export async function stopRequest(exchange: Exchange, requestId: string): Promise<Response> {
  const caller = await callerOf(exchange);
  const isOwn = await exchange.ctx
    .runMutation(internal.requests.requestStop, { requestId, ...caller })
    .catch((error: unknown) => {
      throw memberError(error);
    });
  if (!isOwn) {
    throw new GatewayError(
      "not_found_error",
      `There is no request ${requestId.slice(0, 80)} of yours. Its id is the x-gateway-request-id of its answer.`,
    );
  }
  return Response.json(
    { request_id: requestId, is_stopping: true },
    { headers: gatewayHeaders(exchange.requestId) },
  );
}

/** A session token has three parts; everything else is treated, and refused, as a gateway key. */
async function callerOf(exchange: Exchange): Promise<{ keyHash?: string }> {
  const { headers } = exchange.request;
  if (/^bearer\s+[^.\s]+\.[^.\s]+\.[^.\s]+$/i.test(headers.get("authorization") ?? "")) {
    await requireSignedIn(exchange);
    return {};
  }
  return { keyHash: await hashSecret(extractGatewayKey(exchange.request)) };
}
