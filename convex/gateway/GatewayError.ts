/** Anthropic's error types and the HTTP status that goes with each. */
const STATUS_BY_TYPE = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  method_not_allowed: 405,
  request_too_large: 413,
  unsupported_media_type: 415,
  rate_limit_error: 429,
  client_closed_request: 499,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
} as const;
export type ErrorType = keyof typeof STATUS_BY_TYPE;

/**
 * A refusal or failure of the gateway itself. Thrown anywhere in gateway/, answered in answerError.
 * With `retryAfterMs` a client may retry; without it, it is told not to.
 */
export class GatewayError extends Error {
  readonly status: number;

  constructor(
    readonly type: ErrorType,
    message: string,
    readonly options: { retryAfterMs?: number; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = STATUS_BY_TYPE[type];
  }
}

/** Anthropic's error envelope, as JSON text. */
export function errorEnvelope(type: string, message: string, requestId: string): string {
  // Types that Anthropic does not have are 4xx statuses of their own; SDKs know them as invalid requests.
  const known =
    type === "method_not_allowed" || type === "unsupported_media_type" || type === "client_closed_request";
  return JSON.stringify({
    type: "error",
    error: { type: known ? "invalid_request_error" : type, message },
    request_id: requestId,
  });
}
