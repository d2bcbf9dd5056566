import type { Retry } from "./Call";
import type { Exchange } from "./Exchange";
import { GatewayError } from "./GatewayError";
import type { AdmitRequest } from "./ledger";

const FALLBACK_HEADER = "x-gateway-fallback-model";

/** How a failed attempt of this request may be repeated; the fallback model is the caller's choice. */
export function retryOf({ request: { headers } }: Exchange, request: AdmitRequest): Retry {
  const fallbackModel = headers.get(FALLBACK_HEADER)?.trim() || null;
  if (fallbackModel !== null && fallbackModel.length > 256) {
    throw new GatewayError("invalid_request_error", `${FALLBACK_HEADER} is longer than a model's name.`);
  }
  return {
    request,
    fallbackModel,
    isClientRetrying: Number(headers.get("x-stainless-retry-count") ?? 0) > 0,
  };
}
