/** Anthropic's HTTP status of each error type. */
const statusOfType = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
} as const;

export type ApiErrorType = keyof typeof statusOfType;

/** A refusal in Anthropic's shape; thrown anywhere, answered once by the server. */
export class ApiError extends Error {
  readonly status: number;

  constructor(
    readonly type: ApiErrorType,
    message: string,
  ) {
    super(message);
    this.status = statusOfType[type];
  }
}

/** The error type that Anthropic sends with an HTTP status. */
export function typeOfStatus(status: number): ApiErrorType {
  for (const [type, known] of Object.entries(statusOfType)) {
    if (known === status && isApiErrorType(type)) return type;
  }
  return status < 500 ? "invalid_request_error" : "api_error";
}

function isApiErrorType(type: string): type is ApiErrorType {
  return type in statusOfType;
}

/** The JSON text of Anthropic's error envelope. */
export function errorEnvelope(type: string, message: string, requestId: string): string {
  return JSON.stringify({ type: "error", error: { type, message }, request_id: requestId });
}
