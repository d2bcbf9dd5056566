import type { Refusal } from "../model/decision";
import { formatUsd } from "../model/pricing";
import { GatewayError } from "./GatewayError";

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
    case "unpricedModel":
      return new GatewayError(
        "permission_error",
        `The gateway has no price for ${refusal.model}, so it cannot meter it. Check the model's name with GET /v1/models; the operator adds a price with \`npx convex run admin:setPrice '{"model":"${refusal.model}","inputUsdPerMillion":…,"outputUsdPerMillion":…}'\`.`,
      );
    default:
      return limitError(refusal);
  }
}

type LimitRefusal = Extract<
  Refusal,
  { reason: "rateLimited" | "concurrencyLimited" | "budgetSpent" | "budgetReserved" }
>;

function limitError(refusal: LimitRefusal): GatewayError {
  switch (refusal.reason) {
    case "rateLimited":
      return new GatewayError(
        "rate_limit_error",
        `This gateway key is limited to ${refusal.requestsPerMinute} requests per minute.`,
        {
          retryAfterMs: refusal.retryAfterMs,
          headers: {
            "anthropic-ratelimit-requests-limit": String(refusal.requestsPerMinute),
            "anthropic-ratelimit-requests-remaining": "0",
            "anthropic-ratelimit-requests-reset": isoTime(Date.now() + refusal.retryAfterMs),
          },
        },
      );
    case "concurrencyLimited":
      return new GatewayError(
        "rate_limit_error",
        `This gateway key is limited to ${refusal.concurrentRequests} requests at a time.`,
        { retryAfterMs: SECOND_MS },
      );
    case "budgetReserved":
      return new GatewayError(
        "rate_limit_error",
        `Running requests hold what is left of this key's monthly budget of $${formatUsd(refusal.budgetNanoUsd)} ($${formatUsd(refusal.reservedNanoUsd)} reserved). Wait for them or lower max_tokens.`,
        { retryAfterMs: 5 * SECOND_MS },
      );
    case "budgetSpent":
      return new GatewayError(
        "billing_error",
        `This request could cost $${formatUsd(refusal.worstCaseNanoUsd)}, but this key has spent $${formatUsd(refusal.settledNanoUsd)} of its monthly budget of $${formatUsd(refusal.budgetNanoUsd)}. Lower max_tokens or the prompt, raise the budget, or wait until ${isoTime(refusal.resetsAt)}.`,
      );
  }
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
