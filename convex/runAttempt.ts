import { internal } from "./_generated/api";
import type { ActionCtx } from "./_generated/server";
import { upstreamConfig } from "./gateway/config";
import { createRequestId } from "./gateway/Exchange";
import { GatewayError } from "./gateway/GatewayError";
import { parseMessagesBody } from "./gateway/parseMessagesBody";
import { fetchUpstream, unreachableError } from "./gateway/upstream";
import { NO_TOKENS } from "./model/anthropicUsage";
import { AssembledMessage } from "./model/assembledMessage";
import { parseRetryAfterMs } from "./model/deliverySchedule";
import type { Outcome } from "./model/outcome";
import { TemplateError } from "./model/promptTemplate";
import type { Demand } from "./model/reservation";
import { runBody } from "./model/runBody";
import { SseFramer } from "./model/sseFramer";
import type { Turnstile } from "./model/Turnstile";
import { UsageMeter } from "./model/usageMeter";
import type { Problem } from "./model/webhookValidators";
import type { RunInput } from "./runInput";
import type { RunClaim } from "./runs";

/** Longer than any answer takes; a dispatcher waits for its last runs within Convex's 30 minutes. */
const ATTEMPT_TIMEOUT_MS = 15 * 60_000;
const FINISH_DELAYS_MS = [100, 400, 1_600, 6_400];

export interface RunWorker {
  ctx: ActionCtx;
  /** Before the database. */
  turnstile: Turnstile;
}

interface Answer {
  outcome: Outcome;
  retryAfterMs: number | null;
  answer: { messageJson: string; text: string } | null;
}

/** One attempt of a claimed run: composed, admitted, sent to Claude once, settled. */
export async function attemptRun(
  { ctx, turnstile }: RunWorker,
  claim: RunClaim,
  signal: AbortSignal,
): Promise<void> {
  const loaded = await turnstile.pass(() => ctx.runQuery(internal.runInput.get, claim));
  if (loaded === null) return;
  const composed = "problem" in loaded ? loaded : compose(loaded);
  if ("problem" in composed) {
    await ctx.runMutation(internal.runs.refuse, { ...claim, problem: composed.problem });
    return;
  }
  const request = { ...claim, requestId: createRequestId(), demand: composed.demand };
  const admission = await turnstile.pass(() => ctx.runMutation(internal.runs.admit, request));
  if (!admission.ok) return;
  const answer = await askClaude(composed.body, signal);
  await finish({ ctx, turnstile }, { ...claim, rowId: admission.rowId, ...answer });
}

interface Composed {
  body: Uint8Array<ArrayBuffer>;
  demand: Demand;
}

/** The request for Claude, or what is wrong with the template, the payload or the job's body. */
function compose(loaded: RunInput): Composed | { problem: Problem } {
  try {
    upstreamConfig();
    const body = new TextEncoder().encode(runBody(loaded));
    return { body, demand: parseMessagesBody(body).demand };
  } catch (error) {
    if (error instanceof TemplateError) {
      return { problem: { type: "template_error", message: error.message } };
    }
    if (error instanceof GatewayError) {
      return { problem: { type: error.type, message: error.message } };
    }
    throw error;
  }
}

async function askClaude(body: Uint8Array<ArrayBuffer>, stop: AbortSignal): Promise<Answer> {
  const sentAt = Date.now();
  const deadline = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
  const signal = AbortSignal.any([stop, deadline]);
  const headers = { "content-type": "application/json", "anthropic-version": "2023-06-01" };
  try {
    const upstream = await fetchUpstream("/v1/messages", { method: "POST", headers, body, signal });
    return upstream.ok ? await readAnswer(upstream, sentAt) : await readRefusal(upstream);
  } catch (error) {
    const ended = stop.aborted
      ? { status: "canceled" as const, errorType: "permission_error", errorMessage: "The run was stopped." }
      : { status: "failed" as const, ...failureOf(error, deadline) };
    return { outcome: { usageSource: "estimated", ...ended }, retryAfterMs: null, answer: null };
  }
}

function failureOf(error: unknown, deadline: AbortSignal): Pick<Outcome, "errorType" | "errorMessage"> {
  if (deadline.aborted) {
    return { errorType: "timeout_error", errorMessage: "Claude took longer than 15 minutes." };
  }
  const { type, message } = unreachableError(error);
  return { errorType: type, errorMessage: message };
}

async function readAnswer(upstream: Response, sentAt: number): Promise<Answer> {
  const framer = new SseFramer();
  const meter = new UsageMeter(Date.now);
  const message = new AssembledMessage();
  const reader = upstream.body?.getReader();
  let readError: unknown = null;
  try {
    for (;;) {
      const chunk = await reader?.read();
      if (!chunk || chunk.done) break;
      framer.push(chunk.value, (bytes, start, end) => {
        meter.addFrame(bytes, start, end);
        message.addFrame(bytes.subarray(start, end));
      });
    }
  } catch (error) {
    readError = error;
  }
  if (readError !== null) console.error("Claude's stream broke", readError);
  const anthropicRequestId = upstream.headers.get("request-id");
  const common = {
    ...meter.usageOutcome(),
    httpStatus: upstream.status,
    ...(meter.firstDeltaAt !== null && { timeToFirstTokenMs: meter.firstDeltaAt - sentAt }),
    ...(anthropicRequestId !== null && { anthropicRequestId }),
  };
  if (meter.isComplete) {
    const answer = { messageJson: message.toJson(), text: message.text() };
    return { outcome: { ...common, status: "succeeded" }, retryAfterMs: null, answer };
  }
  const broken = { type: "api_error", message: "Claude's answer ended early: the connection broke." };
  const { type: errorType, message: errorMessage } = meter.error ?? broken;
  return {
    outcome: { ...common, status: "failed", errorType, errorMessage },
    retryAfterMs: null,
    answer: null,
  };
}

/** Claude does not bill errors. */
async function readRefusal(upstream: Response): Promise<Answer> {
  const error = await readError(upstream);
  const anthropicRequestId = upstream.headers.get("request-id");
  return {
    outcome: {
      status: "failed",
      usageSource: "reported",
      tokens: { ...NO_TOKENS },
      httpStatus: upstream.status,
      errorType: error.type,
      errorMessage: error.message,
      ...(anthropicRequestId !== null && { anthropicRequestId }),
    },
    retryAfterMs: parseRetryAfterMs(upstream.headers.get("retry-after"), Date.now()),
    answer: null,
  };
}

async function readError(upstream: Response): Promise<{ type: string; message: string }> {
  const text = await upstream.text();
  if (upstream.status === 401) {
    return { type: "api_error", message: "Claude refused the operator's key." };
  }
  try {
    const { error } = JSON.parse(text);
    return { type: String(error.type), message: String(error.message) };
  } catch {
    // Not Anthropic's format, for instance a proxy's page: the status is all there is to tell.
    return { type: "api_error", message: `Claude answered ${upstream.status}.` };
  }
}

/** A finish that fails is tried again; when all tries fail, the claim runs out and the run is tried again. */
async function finish({ ctx, turnstile }: RunWorker, args: typeof internal.runs.finish._args): Promise<void> {
  for (const delayMs of FINISH_DELAYS_MS) {
    try {
      await turnstile.pass(() => ctx.runMutation(internal.runs.finish, args));
      return;
    } catch (error) {
      console.error("the end of a run could not be recorded and is tried again", error);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
  await ctx.runMutation(internal.runs.finish, args);
}
