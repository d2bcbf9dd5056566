/** What is known when an attempt failed before its first byte. */
export interface FailedAttempt {
  /** Claude's HTTP status; null when there was no answer at all. */
  status: number | null;
  /** From 1. */
  attempt: number;
  wasRetried: boolean; // same model, again or with another key
  isClientRetrying: boolean;
  keyCount: number;
  fallbackModel: string | null; // not yet tried
}

export type NextAttempt =
  | { kind: "otherKey" }
  | { kind: "again"; delayMs: number }
  | { kind: "fallbackModel"; model: string };

const AGAIN_STATUSES = [500, 502, 503, 504, 529];
const DELAY_MS_MIN = 250;
const DELAY_MS_MAX = 500;

/**
 * How a failed attempt is repeated, or null. At most one repetition on the same model and one on the fallback
 * model; nothing at all while the client's SDK repeats by itself, except with another key, which multiplies nothing.
 */
export function nextAttempt(failed: FailedAttempt, random: () => number): NextAttempt | null {
  const { status, wasRetried, isClientRetrying, fallbackModel } = failed;
  if (isKeyFault(status) && failed.keyCount > 1 && !wasRetried) {
    return { kind: "otherKey" };
  }
  const isFaulty = status === null || AGAIN_STATUSES.includes(status);
  if (fallbackModel !== null && (isFaulty || status === 429)) {
    return { kind: "fallbackModel", model: fallbackModel };
  }
  if (!isFaulty || wasRetried || isClientRetrying || failed.attempt > 1) {
    return null;
  }
  return { kind: "again", delayMs: DELAY_MS_MIN + random() * (DELAY_MS_MAX - DELAY_MS_MIN) };
}

/** The answer concerns the key that was used: it is over its limit, or not valid. */
export function isKeyFault(status: number | null): boolean {
  return status === 429 || status === 401;
}

/** How long a key rests after such an answer. */
export function cooldownMs(status: number | null, retryAfter: string | null): number {
  if (status === 401) {
    return REFUSED_KEY_MS;
  }
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0
    ? Math.min(seconds * 1_000, COOLDOWN_MS_MAX)
    : COOLDOWN_MS_DEFAULT;
}

const REFUSED_KEY_MS = 5 * 60_000;
const COOLDOWN_MS_DEFAULT = 10_000;
const COOLDOWN_MS_MAX = 10 * 60_000;
