import { PlatformError } from "./functionErrors.ts";

/**
 * A failure of the deployment, not of the function: Convex answers such a call with an HTTP status and a code, closes the
 * socket that made it, and throws its message into a calling action.
 */
export class SystemError extends PlatformError {
  constructor(
    readonly status: 429 | 500 | 503,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "SystemError";
  }
}
