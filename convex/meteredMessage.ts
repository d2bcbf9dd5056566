import { type Anthropic, AnthropicError, APIError } from "@anthropic-ai/sdk";
import { ConvexError } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import type { ActionCtx } from "./_generated/server";
import { createRequestId } from "./gateway/Exchange";
import { GatewayError } from "./gateway/GatewayError";
import { refusalError } from "./gateway/refusalError";
import { NO_TOKENS } from "./model/anthropicUsage";
import { inputTokensOf, inspectContent, inspectTools } from "./model/messageDemand";
import { messageOutcome } from "./model/messageOutcome";
import type { Outcome, Settlement } from "./model/outcome";
import type { Demand } from "./model/reservation";

const LEASE_RENEWAL_MS = 20_000;
/** A Messages body around its texts. */
const ENVELOPE_BYTES = 256;

/** One text question; absent choices are the gateway's defaults. */
export interface TextQuestion {
  memberId: Id<"members">;
  textBytes: number;
  model?: string;
  maxTokens?: number;
}

type Call = (
  model: string,
  maxTokens: number,
) => {
  finalMessage(): Promise<Anthropic.Message>;
  request_id: string | null | undefined;
};

/**
 * Runs one SDK call between admit and settle, like the gateway's own requests: it is reserved, logged and billed.
 * Throws what the call throws, after settling; GatewayError when admit refuses.
 */
export async function meteredMessage(
  ctx: ActionCtx,
  question: TextQuestion,
  call: Call,
): Promise<{ message: Anthropic.Message; requestId: string } & Settlement> {
  const requestId = createRequestId();
  const admission = await ctx.runMutation(internal.requests.admit, {
    requestId,
    caller: { memberId: question.memberId },
    source: "action",
    endpoint: "anthropic:callClaude",
    isStreaming: false,
    isDurable: false,
    attempt: 1,
    demand: demandOf(question),
  });
  if (!admission.ok) throw refusalError(admission.refusal);
  const { rowId, model, maxTokens } = admission;
  const stream = call(model, maxTokens);
  let message: Anthropic.Message;
  try {
    message = await whileLeased(ctx, rowId, stream.finalMessage());
  } catch (error) {
    await ctx.runMutation(internal.requests.settle, { rowId, outcome: failure(error) });
    throw error;
  }
  const outcome = success(message, stream.request_id);
  const settlement = await ctx.runMutation(internal.requests.settle, { rowId, outcome });
  return { message, requestId, ...settlement };
}

/** The most that a question may use, from its size. */
function demandOf({ model, maxTokens, textBytes }: TextQuestion): Demand {
  if (maxTokens !== undefined && !(Number.isSafeInteger(maxTokens) && maxTokens > 0)) {
    throw new GatewayError(
      "invalid_request_error",
      `maxTokens is ${maxTokens}; it must be a positive integer.`,
    );
  }
  const bytes = textBytes + ENVELOPE_BYTES;
  const inputTokens = inputTokensOf(bytes, inspectContent([], undefined), inspectTools(undefined, false));
  return { model, maxTokens, inputTokens, fallbackModels: [], cacheTtl: "none", webSearchUses: 0 };
}

/** Waits for a call and renews its row's lease meanwhile; a cron settles rows that nobody renews. */
async function whileLeased<T>(ctx: ActionCtx, rowId: Id<"requests">, call: Promise<T>): Promise<T> {
  const answer = call.then((value) => ({ value }));
  for (;;) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), LEASE_RENEWAL_MS);
    });
    const first = await Promise.race([answer, timeout]).finally(() => clearTimeout(timer));
    if (first !== null) return first.value;
    await ctx.runMutation(internal.requests.renewLease, { rowId });
  }
}

function success(message: Anthropic.Message, anthropicRequestId: string | null | undefined): Outcome {
  return {
    ...messageOutcome({ ...message }),
    httpStatus: 200,
    ...(anthropicRequestId && { anthropicRequestId }),
  };
}

/** Claude's refusal costs nothing; after a broken stream nobody knows, so settle estimates. */
function failure(error: unknown): Outcome {
  const { code, message } = descriptionOf(error) ?? { code: "api_error", message: "The action broke off." };
  const common = { status: "failed" as const, errorType: code, errorMessage: message };
  if (!(error instanceof APIError) || error.status === undefined) {
    return { ...common, usageSource: "estimated" };
  }
  return {
    ...common,
    usageSource: "reported",
    tokens: NO_TOKENS,
    httpStatus: error.status,
    ...(error.requestID && { anthropicRequestId: error.requestID }),
  };
}

/** An error of the gateway or of Claude in the form that a client may see; anything else as it is. */
export function toConvexError(error: unknown): unknown {
  const description = descriptionOf(error);
  return description === null ? error : new ConvexError(description);
}

function descriptionOf(error: unknown): { code: string; message: string } | null {
  if (error instanceof GatewayError) return { code: error.type, message: error.message };
  if (!(error instanceof AnthropicError)) return null;
  if (!(error instanceof APIError)) return { code: "api_error", message: error.message };
  return {
    code: error.status === 401 ? "api_error" : (error.type ?? "api_error"),
    message: messageOf(error),
  };
}

function messageOf({ status, apiMessage, message }: APIError): string {
  if (status === 401) {
    return "Claude refused the operator's key. Set a valid one: npx convex env set ANTHROPIC_API_KEY sk-ant-…";
  }
  const isForeign = status !== undefined && apiMessage === null;
  return isForeign
    ? `Status ${status} without Anthropic's error format: ANTHROPIC_BASE_URL may not lead to Anthropic's API.`
    : (apiMessage ?? message);
}
