const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The wait before each attempt: Standard Webhooks' schedule. */
const WAITS_MS = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];
/** On their way at once, to all destinations together. */
export const DELIVERIES_AT_ONCE = 100;
export const ATTEMPTS_MAX = WAITS_MS.length;
/** At most this share is added to a wait, so that receivers do not get all retries of an outage at once. */
const JITTER_RATIO = 0.1;
/** A `Retry-After` beyond this is not waited for. */
const RETRY_AFTER_MAX_MS = DAY_MS;
/** A destination that only failed for this long is disabled. */
const FAILING_MAX_MS = 5 * DAY_MS;
const THROTTLES = [429, 502, 503, 504];

/** What came of one attempt; `status` is null when there was no answer. */
export interface AttemptResult {
  status: number | null;
  retryAfterMs: number | null;
}

export type AfterAttempt =
  | { kind: "delivered" }
  | { kind: "retry"; dueAt: number }
  | { kind: "failed" }
  /** The receiver said that it wants no more: the destination is disabled. */
  | { kind: "gone" };

/** What follows attempt number `attempt` (from 1); `random` is in [0, 1). */
export function afterAttempt(
  attempt: number,
  { status, retryAfterMs }: AttemptResult,
  { now, random }: { now: number; random: number },
): AfterAttempt {
  if (status !== null && status >= 200 && status < 300) {
    return { kind: "delivered" };
  }
  if (status === 410) {
    return { kind: "gone" };
  }
  const waitMs = WAITS_MS[attempt];
  if (waitMs === undefined) {
    return { kind: "failed" };
  }
  const isThrottled = status !== null && THROTTLES.includes(status) && retryAfterMs !== null;
  const askedMs = isThrottled ? Math.min(retryAfterMs, RETRY_AFTER_MAX_MS) : 0;
  const jitterMs = Math.floor(waitMs * JITTER_RATIO * random);
  return { kind: "retry", dueAt: now + Math.max(waitMs + jitterMs, askedMs) };
}

/** Whether a destination has failed, and only failed, for too long. */
export function hasFailedTooLong(failingSince: number, now: number): boolean {
  return now - failingSince >= FAILING_MAX_MS;
}

/** `Retry-After` in seconds or as an HTTP date, in milliseconds from now; null when there is none. */
export function parseRetryAfterMs(header: string | null, now: number): number | null {
  if (header === null) {
    return null;
  }
  if (/^\d{1,9}$/.test(header.trim())) {
    return Number(header) * SECOND_MS;
  }
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
