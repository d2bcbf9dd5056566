import { type Exchange, gatewayHeaders } from "./Exchange";
import { errorEnvelope, GatewayError } from "./GatewayError";

const SECOND_MS = 1_000;

/** The one place where an error becomes a response: Anthropic's envelope, and whether to try again. */
export function answerError(error: unknown, exchange: Pick<Exchange, "requestId">): Response {
  const failure = error instanceof GatewayError ? error : unexpected(error);
  const { retryAfterMs, headers } = failure.options;
  return new Response(errorEnvelope(failure.type, failure.message, exchange.requestId), {
    status: failure.status,
    headers: {
      ...gatewayHeaders(exchange.requestId),
      "content-type": "application/json",
      "x-should-retry": String(retryAfterMs !== undefined),
      ...(retryAfterMs !== undefined && {
        "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / SECOND_MS))),
      }),
      ...headers,
    },
  });
}

function unexpected(error: unknown): GatewayError {
  console.error("unexpected error in the gateway", error);
  return new GatewayError(
    "api_error",
    "The gateway failed unexpectedly. The deployment's log has the details.",
  );
}
