import type { Refusal } from "../model/decision";
import { GatewayError } from "./GatewayError";
import { limitError } from "./limitError";

const SECOND_MS = 1_000;

/** Says what admit's "no" means for the caller and what to do. */
export function refusalError(refusal: Refusal): GatewayError {
  switch (refusal.reason) {
    case "unknownKey":
      return new GatewayError(
        "authentication_error",
        "This gateway does not know this key. Check that it belongs to this deployment.",
      );
    case "revokedKey":
      return new GatewayError(
        "authentication_error",
        `This gateway key was revoked at ${isoTime(refusal.revokedAt)}. Ask for another one.`,
      );
    case "expiredKey":
      return new GatewayError(
        "authentication_error",
        `This gateway key expired at ${isoTime(refusal.expiredAt)}. Ask for another one.`,
      );
    case "pausedKey":
      return new GatewayError("permission_error", "This gateway key is paused. Its owner can resume it.");
    case "unknownMember":
      return new GatewayError("permission_error", "This account is not a member of this gateway any more.");
    case "modelNotAllowed":
      return new GatewayError(
        "permission_error",
        `This gateway key may not use ${refusal.model}. It may use: ${refusal.allowedModels.join(", ")}.`,
      );
    case "foreignObject":
      return new GatewayError(
        "not_found_error",
        `${refusal.objectId.slice(0, 80)} was not created through this gateway with this key. Upload the file with POST /v1/files first, or send its content in the request.`,
      );
    case "unpricedModel":
      return new GatewayError(
        "permission_error",
        `The gateway has no price for ${refusal.model}, so it cannot meter it. Check the model's name with GET /v1/models; the operator adds a price with \`npx convex run admin:setPrice '{"model":"${refusal.model}","inputUsdPerMillion":…,"outputUsdPerMillion":…}'\`.`,
      );
    case "killedKey":
      return new GatewayError(
        "permission_error",
        "This gateway key was stopped. Its owner or an admin can resume it.",
      );
    case "gatewayKilled":
      return new GatewayError(
        "permission_error",
        "This gateway was stopped by an owner or admin. It answers again when one of them resumes it.",
      );
    case "overloaded":
      return new GatewayError(
        "overloaded_error",
        `This gateway runs ${refusal.concurrentRequests} requests at a time and all are taken.`,
        { retryAfterMs: SECOND_MS },
      );
    default:
      return limitError(refusal, Date.now());
  }
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
