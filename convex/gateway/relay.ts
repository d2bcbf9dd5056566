import { NO_TOKENS } from "../model/anthropicUsage";
import { messageOutcome } from "../model/messageOutcome";
import type { Outcome } from "../model/outcome";
import { formatUsd } from "../model/pricing";
import type { Call } from "./Call";
import { endingOf } from "./endings";
import { GatewayError } from "./GatewayError";
import { settle } from "./ledger";
import { pumpStream } from "./pumpStream";
import type { StreamOutput } from "./StreamOutput";
import {
  fetchUpstream,
  type HeaderRecord,
  refuseOperatorFault,
  responseHeaders,
  unreachableError,
} from "./upstream";

/** Convex cuts responses at 20 MiB. */
const ANSWER_BYTES_MAX = 19 * 1024 * 1024;

export interface UpstreamRequest {
  pathAndQuery: string;
  headers: HeaderRecord;
  body: Uint8Array<ArrayBuffer>;
}

/**
 * Takes an admitted call to Claude and back: an event stream goes out as it comes, anything else is read
 * whole, settled and then sent byte for byte. However it ends, the call is settled before the response is.
 */
export async function relay(call: Call, request: UpstreamRequest, output: StreamOutput): Promise<Response> {
  const upstream = await callClaude(call, request);
  if (isEventStream(upstream)) {
    return streamAnswer(call, upstream, output);
  }
  return await wholeAnswer(call, upstream);
}

export function isEventStream(upstream: Response): boolean {
  return upstream.ok && (upstream.headers.get("content-type") ?? "").includes("text/event-stream");
}

/** Claude's head. When there is none, the call is settled and the reason thrown. */
export async function callClaude(call: Call, request: UpstreamRequest): Promise<Response> {
  if (call.endReason) {
    // Claude was not called: an abort before fetch() would go unnoticed.
    await settleEnded(call, { usageSource: "reported", tokens: { ...NO_TOKENS } });
    throw endedError(call);
  }
  try {
    return await fetchUpstream(request.pathAndQuery, {
      method: "POST",
      headers: request.headers,
      body: request.body,
      signal: call.upstream.signal,
    });
  } catch (error) {
    throw await settleUnanswered(call, error);
  }
}

/** Settles a call to which Claude gave no (whole) answer, at an estimate; returns the error for the client. */
async function settleUnanswered(call: Call, error: unknown): Promise<GatewayError> {
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

async function settleCall(call: Call, outcome: Outcome) {
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

function streamAnswer(call: Call, upstream: Response, output: StreamOutput): Response {
  const { ctx, requestId } = call.exchange;
  const { rowId } = call.admission;
  const headers = responseHeaders(upstream.headers, requestId);
  headers["content-type"] = output.contentType;
  call.headSent();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      await pumpStream(upstream, {
        call,
        output,
        enqueue: (bytes) => controller.enqueue(bytes),
        settle: (outcome) => settle(ctx, { rowId, outcome }),
      });
      controller.close();
    },
  });
  return new Response(body, { status: upstream.status, headers });
}

async function wholeAnswer(call: Call, upstream: Response): Promise<Response> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await upstream.arrayBuffer());
  } catch (error) {
    throw await settleUnanswered(call, error);
  }
  const settlement = await settleCall(call, answerOutcome(upstream, bytes));
  refuseOperatorFault(upstream.status);
  if (bytes.byteLength > ANSWER_BYTES_MAX) {
    throw new GatewayError("api_error", `${endingOf("tooLarge").message} Or set \`stream: true\`.`);
  }
  const headers = responseHeaders(upstream.headers, call.exchange.requestId);
  if (settlement && upstream.ok) {
    headers["x-gateway-cost-usd"] = formatUsd(settlement.costNanoUsd);
  }
  return new Response(bodyOf(bytes), { status: upstream.status, headers });
}

/** Statuses such as 204 take no body, not even an empty one. */
export function bodyOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  return bytes.length > 0 ? bytes : null;
}

/** What a whole answer tells about usage and success. Claude does not bill errors. */
function answerOutcome(upstream: Response, bytes: Uint8Array): Outcome {
  const body = parseObject(bytes);
  const anthropicRequestId = upstream.headers.get("request-id");
  const common = {
    httpStatus: upstream.status,
    ...(anthropicRequestId !== null && { anthropicRequestId }),
  };
  if (!upstream.ok) {
    const error = objectOf(body.error);
    return {
      ...common,
      status: "failed",
      usageSource: "reported",
      tokens: { ...NO_TOKENS },
      errorType: typeof error.type === "string" ? error.type : "api_error",
      errorMessage: typeof error.message === "string" ? error.message : `Claude answered ${upstream.status}.`,
    };
  }
  return { ...common, ...messageOutcome(body) };
}

const decoder = new TextDecoder();

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(decoder.decode(bytes)));
  } catch {
    // Not JSON, for instance a proxy's HTML page: the bytes go on as they are and usage is estimated.
    return {};
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
