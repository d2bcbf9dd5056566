import type { ServerResponse } from "node:http";
import { ZodError } from "zod";
import { AuthenticationError } from "../auth/authenticationError.ts";
import { SystemError } from "../host/systemError.ts";
import { PushError } from "../host/types.ts";

/** An answer with an error status and Convex's JSON body `{code, message}`. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** What this deployment refuses by name. Status 400, because the CLI retries a 404 for minutes. */
export function notSupported(what: string): ApiError {
  return new ApiError(
    400,
    "NotSupported",
    `${what} is not supported by the embedded local deployment; use Convex Cloud or self-hosted Convex for it.`,
  );
}

/** Any thrown value as the error that the client is told. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) {
    return error;
  }
  if (error instanceof AuthenticationError) {
    return new ApiError(401, error.code, error.message);
  }
  if (error instanceof PushError || error instanceof SystemError) {
    return new ApiError(error.status, error.code, error.message);
  }
  if (error instanceof ZodError) {
    const [issue] = error.issues;
    return new ApiError(
      400,
      "BadJsonBody",
      `${issue?.path.join(".") ?? ""}: ${issue?.message ?? error.message}`,
    );
  }
  return new ApiError(500, "InternalServerError", error instanceof Error ? error.message : String(error));
}

/** Sends `value` as JSON. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value ?? null);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
