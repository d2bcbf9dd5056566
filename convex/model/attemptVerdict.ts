import type { Refusal } from "./decision";
import type { Outcome } from "./outcome";

export const RUN_ATTEMPTS_MAX = 3;
/** The wait after each failed attempt but the last. */
const WAITS_MS = [2_000, 15_000];
const RETRY_AFTER_MAX_MS = 10 * 60_000;
/** The wait for a place among a key's concurrent requests, and for money that running requests hold. */
const LIMIT_WAIT_MS = 2_000;
/** A run that its key's limits have held back for this long has failed. */
const HELD_BACK_MAX_MS = 24 * 60 * 60_000;

export type AttemptVerdict = { kind: "retry"; waitMs: number } | { kind: "failed" };

/** What follows upstream attempt number `attempts`, which gave no answer. Claude's 4xx would be the same again. */
export function afterFailure(
  attempts: number,
  outcome: Pick<Outcome, "httpStatus" | "errorType">,
  retryAfterMs: number | null,
): AttemptVerdict {
  const waitMs = WAITS_MS[attempts - 1];
  const { httpStatus: status, errorType } = outcome;
  const isPassing =
    status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
  // A stream that broke, or that reported an error, after a good head.
  const isBroken = status === 200 && errorType !== "invalid_request_error";
  if (waitMs === undefined || !(isPassing || isBroken)) {
    return { kind: "failed" };
  }
  return { kind: "retry", waitMs: Math.max(waitMs, Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS)) };
}

/** What follows when admit said no: limits pass with time, everything else is for a person to change. */
export function afterRefusal(refusal: Refusal, waitedMs: number): AttemptVerdict {
  if (waitedMs > HELD_BACK_MAX_MS) {
    return { kind: "failed" };
  }
  switch (refusal.reason) {
    case "rateLimited":
      return { kind: "retry", waitMs: refusal.retryAfterMs };
    case "concurrencyLimited":
    case "budgetReserved":
    case "overloaded":
      return { kind: "retry", waitMs: LIMIT_WAIT_MS };
    default:
      return { kind: "failed" };
  }
}
