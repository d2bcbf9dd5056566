import type { LimitRefusal } from "../model/decision";
import { BUDGET_OF, PER_MINUTE_OF } from "../model/limits";
import { formatUsd } from "../model/pricing";
import { GatewayError } from "./GatewayError";

const SECOND_MS = 1_000;

const OWNERS = { key: "This gateway key", member: "The member of this key or chat", gateway: "This gateway" };
const ADJECTIVES = { day: "daily", month: "monthly", total: "total" };
const RATE_NAMES = { requests: "requests", inputTokens: "input tokens", outputTokens: "output tokens" };
/** Anthropic's own header names, so that clients that heed its limits heed ours. */
const RATE_HEADERS = { requests: "requests", inputTokens: "input-tokens", outputTokens: "output-tokens" };

/** Says which limit is reached, and how long to wait where waiting helps. */
export function limitError(refusal: LimitRefusal, now: number): GatewayError {
  switch (refusal.reason) {
    case "rateLimited":
      return rateError(refusal, now);
    case "concurrencyLimited":
      return new GatewayError(
        "rate_limit_error",
        `${OWNERS[refusal.scope]} is limited to ${refusal.concurrentRequests} requests at a time.`,
        { retryAfterMs: SECOND_MS },
      );
    case "budgetReserved":
      return new GatewayError(
        "rate_limit_error",
        `Running requests hold what is left of the ${budgetText(refusal)} ($${formatUsd(refusal.reservedNanoUsd)} reserved). Wait for them or lower max_tokens.`,
        { retryAfterMs: 5 * SECOND_MS },
      );
    case "budgetSpent": {
      const { worstCaseNanoUsd, settledNanoUsd, resetsAt } = refusal;
      const wait = resetsAt === undefined ? "." : `, or wait until ${isoTime(resetsAt)}.`;
      return new GatewayError(
        "billing_error",
        `This request could cost $${formatUsd(worstCaseNanoUsd)}, but $${formatUsd(settledNanoUsd)} of the ${budgetText(refusal)} is spent. Lower max_tokens or the prompt, ask for a higher ${BUDGET_OF[refusal.window]}${wait}`,
      );
    }
  }
}

function rateError(refusal: Extract<LimitRefusal, { reason: "rateLimited" }>, now: number): GatewayError {
  const { scope, rate, perMinute, retryAfterMs } = refusal;
  const header = `anthropic-ratelimit-${RATE_HEADERS[rate]}`;
  return new GatewayError(
    "rate_limit_error",
    `${OWNERS[scope]} is limited to ${perMinute} ${RATE_NAMES[rate]} per minute (${PER_MINUTE_OF[rate]}).`,
    {
      retryAfterMs,
      headers: {
        [`${header}-limit`]: String(perMinute),
        [`${header}-remaining`]: "0",
        [`${header}-reset`]: isoTime(now + retryAfterMs),
      },
    },
  );
}

function budgetText({ scope, window, budgetNanoUsd }: Extract<LimitRefusal, { window: unknown }>): string {
  const owner = { key: "this key's", member: "this member's", gateway: "the gateway's" }[scope];
  return `${ADJECTIVES[window]} budget of $${formatUsd(budgetNanoUsd)} (${owner})`;
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
