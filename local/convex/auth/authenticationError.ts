export type AuthenticationErrorCode =
  | "InvalidAuthHeader"
  | "NoAuthProvider"
  | "AuthProviderDiscoveryFailed"
  | "BadDeployKey";

/** Credentials that were given and cannot be accepted. The HTTP API answers 401, the WebSocket an AuthError. */
export class AuthenticationError extends Error {
  constructor(
    readonly code: AuthenticationErrorCode,
    message: string,
  ) {
    super(message);
    this.name = "AuthenticationError";
  }
}
