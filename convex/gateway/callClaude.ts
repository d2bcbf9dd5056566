import { internal } from "../_generated/api";
import { NO_TOKENS } from "../model/anthropicUsage";
import { cooldownMs, isKeyFault, type NextAttempt, nextAttempt } from "../model/nextAttempt";
import type { Outcome, Settlement } from "../model/outcome";
import { replaceModel } from "../model/replaceModel";
import type { Call } from "./Call";
import { upstreamKeyCount } from "./config";
import { endingOf } from "./endings";
import { GatewayError } from "./GatewayError";
import { settle } from "./ledger";
import type { UpstreamRequest } from "./relay";
import { fetchUpstream, unreachableError } from "./upstream";

/** No head came. */
export interface Unanswered {
  cause: unknown;
}

/** Claude's head. When there is none, the call is settled and the reason thrown. */
export async function callClaude(call: Call, request: UpstreamRequest): Promise<Response> {
  if (call.endReason) {
    await settleEnded(call, { usageSource: "reported", tokens: { ...NO_TOKENS } });
    throw endedError(call);
  }
  const answer = await attemptClaude(call, request);
  if (answer instanceof Response) {
    return answer;
  }
  throw await settleUnanswered(call, answer.cause);
}

/**
 * Claude's answer after at most one repetition of the request and one on its fallback model. Each failed attempt
 * but the last is settled.
 */
export async function attemptClaude(call: Call, request: UpstreamRequest): Promise<Response | Unanswered> {
  let attempted = request;
  let wasRetried = false;
  for (;;) {
    const answer = await tryClaude(call, attempted);
    const next: NextAttempt | null = chooseNext(call, answer, wasRetried);
    if (next === null || !(await admitNext(call, answer, next))) {
      return answer;
    }
    wasRetried ||= next.kind !== "fallbackModel";
    attempted = next.kind === "fallbackModel" ? withModel(request, next.model) : attempted;
  }
}

async function tryClaude(
  call: Call,
  { pathAndQuery, headers, body }: UpstreamRequest,
): Promise<Response | Unanswered> {
  const { signal } = call.upstream;
  try {
    // An abort before fetch() would go unnoticed.
    signal.throwIfAborted();
    const keyIndex = call.admission.upstreamKeyIndex;
    return await fetchUpstream(pathAndQuery, { method: "POST", headers, body, signal, keyIndex });
  } catch (error) {
    return { cause: error };
  }
}

function chooseNext(call: Call, answer: Response | Unanswered, wasRetried: boolean): NextAttempt | null {
  const { retry } = call.options;
  if (!retry || call.endReason || (answer instanceof Response && answer.ok)) {
    return null;
  }
  const { fallbackModel, isClientRetrying } = retry;
  return nextAttempt(
    {
      status: answer instanceof Response ? answer.status : null,
      attempt: call.attemptNumber,
      wasRetried,
      isClientRetrying,
      keyCount: upstreamKeyCount(),
      fallbackModel: fallbackModel !== null && fallbackModel !== call.admission.model ? fallbackModel : null,
    },
    Math.random,
  );
}

/** Settles the failed attempt and reserves for the next one. False: it may not be, and nothing has changed or all is settled. */
async function admitNext(call: Call, answer: Response | Unanswered, next: NextAttempt): Promise<boolean> {
  const { ctx } = call.exchange;
  const { retry } = call.options;
  if (!retry) {
    return false;
  }
  if (next.kind === "again") {
    if (!(await ctx.runQuery(internal.upstreamKeys.mayRetry, { now: Date.now() }))) {
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, next.delayMs));
    if (call.endReason) {
      return false;
    }
  }
  const { admission } = call;
  const demand = next.kind === "fallbackModel" ? { ...retry.request.demand, model: next.model } : undefined;
  const decision = await ctx.runMutation(internal.retries.admitAgain, {
    rowId: admission.rowId,
    outcome: failedOutcome(answer),
    request: { ...retry.request, ...(demand && { demand }), attempt: 1 },
    cooldown: cooldownOf(answer, admission.upstreamKeyIndex),
  });
  if (!decision.ok) {
    return false;
  }
  if (answer instanceof Response) {
    await answer.body?.cancel();
  }
  call.admission = decision;
  call.attemptNumber++;
  return true;
}

function cooldownOf(answer: Response | Unanswered, keyIndex: number | undefined) {
  if (!(answer instanceof Response) || keyIndex === undefined || !isKeyFault(answer.status)) {
    return undefined;
  }
  return { keyIndex, until: Date.now() + cooldownMs(answer.status, answer.headers.get("retry-after")) };
}

/** Claude does not bill errors; without an answer nobody knows. */
function failedOutcome(answer: Response | Unanswered): Outcome {
  if (!(answer instanceof Response)) {
    const { type, message } = unreachableError(answer.cause);
    return { status: "failed", usageSource: "estimated", errorType: type, errorMessage: message };
  }
  const anthropicRequestId = answer.headers.get("request-id");
  return {
    status: "failed",
    usageSource: "reported",
    tokens: { ...NO_TOKENS },
    httpStatus: answer.status,
    errorType:
      answer.status === 529 ? "overloaded_error" : answer.status === 429 ? "rate_limit_error" : "api_error",
    errorMessage: `Claude answered ${answer.status}; the request was repeated.`,
    ...(anthropicRequestId !== null && { anthropicRequestId }),
  };
}

function withModel(request: UpstreamRequest, model: string): UpstreamRequest {
  const body = replaceModel(request.body, model);
  if (!body) {
    throw new Error("the body has no model to replace, although it was parsed");
  }
  return { ...request, body };
}

/** Settles a call to which Claude gave no (whole) answer, at an estimate; returns the error for the client. */
export async function settleUnanswered(call: Call, error: unknown): Promise<GatewayError> {
  if (call.endReason) {
    await settleEnded(call, { usageSource: "estimated" });
    return endedError(call);
  }
  const failure = unreachableError(error);
  await settleCall(call, {
    status: "failed",
    usageSource: "estimated",
    errorType: failure.type,
    errorMessage: failure.message,
  });
  return failure;
}

async function settleEnded(call: Call, usage: Pick<Outcome, "usageSource" | "tokens">): Promise<void> {
  const { status, type, message } = endingOf(call.endReason ?? "clientLeft");
  await settleCall(call, { ...usage, status, errorType: type, errorMessage: message });
}

export async function settleCall(call: Call, outcome: Outcome): Promise<Settlement | null> {
  await call.close();
  return await settle(call.exchange.ctx, { rowId: call.admission.rowId, outcome });
}

function endedError(call: Call): GatewayError {
  const reason = call.endReason ?? "clientLeft";
  const { message } = endingOf(reason);
  const types = {
    clientLeft: "client_closed_request",
    stopped: "client_closed_request",
    keyClosed: "permission_error",
    gatewayKilled: "permission_error",
    expired: "timeout_error",
    timedOut: "timeout_error",
    tooLarge: "api_error",
  } as const;
  return new GatewayError(types[reason], message);
}
