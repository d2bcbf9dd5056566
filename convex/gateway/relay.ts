import { NO_TOKENS } from "../model/anthropicUsage";
import { messageOutcome } from "../model/messageOutcome";
import type { Outcome } from "../model/outcome";
import { formatUsd } from "../model/pricing";
import type { Call } from "./Call";
import { callClaude, settleCall, settleUnanswered } from "./callClaude";
import { endingOf } from "./endings";
import { GatewayError } from "./GatewayError";
import { settle } from "./ledger";
import { pumpStream } from "./pumpStream";
import type { Dialect, StreamOutput } from "./StreamOutput";
import { type HeaderRecord, refuseOperatorFault, responseHeaders } from "./upstream";

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
  return await wholeAnswer(call, upstream, output.dialect);
}

export function isEventStream(upstream: Response): boolean {
  return upstream.ok && (upstream.headers.get("content-type") ?? "").includes("text/event-stream");
}

function streamAnswer(call: Call, upstream: Response, output: StreamOutput): Response {
  const { ctx } = call.exchange;
  const { rowId } = call.admission;
  const headers = answerHeaders(call, upstream);
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

async function wholeAnswer(call: Call, upstream: Response, dialect?: Dialect): Promise<Response> {
  const bytes = await readAnswer(call, upstream);
  const settlement = await settleCall(call, answerOutcome(upstream, bytes, dialect));
  refuseOperatorFault(upstream.status);
  if (bytes.byteLength > ANSWER_BYTES_MAX) {
    throw new GatewayError("api_error", `${endingOf("tooLarge").message} Or set \`stream: true\`.`);
  }
  const headers = answerHeaders(call, upstream);
  if (settlement && upstream.ok) {
    headers["x-gateway-cost-usd"] = formatUsd(settlement.costNanoUsd);
  }
  return new Response(bodyOf(bytes), { status: upstream.status, headers });
}

/** The whole answer. When it breaks off, the call is settled and the reason thrown. */
export async function readAnswer(call: Call, upstream: Response): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await upstream.arrayBuffer());
  } catch (error) {
    throw await settleUnanswered(call, error);
  }
}

/** Claude's headers and ours: which model was asked in the end, and after how many attempts. */
export function answerHeaders(
  { exchange, admission, attemptNumber }: Call,
  upstream: Response,
): HeaderRecord {
  const headers = responseHeaders(upstream.headers, exchange.requestId);
  headers["x-gateway-model"] = admission.model;
  headers["x-gateway-attempts"] = String(attemptNumber);
  return headers;
}

/** Statuses such as 204 take no body, not even an empty one. */
export function bodyOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  return bytes.length > 0 ? bytes : null;
}

/** What a whole answer tells about usage and success. Claude does not bill errors. */
export function answerOutcome(upstream: Response, bytes: Uint8Array, dialect?: Dialect): Outcome {
  const body = parseObject(bytes);
  const anthropicRequestId = upstream.headers.get("request-id");
  const answered = {
    httpStatus: upstream.status,
    anthropicRequestId: anthropicRequestId ?? undefined,
  };
  if (!upstream.ok) {
    const error = objectOf(body.error);
    return {
      ...answered,
      status: "failed",
      usageSource: "reported",
      tokens: { ...NO_TOKENS },
      errorType: typeof error.type === "string" ? error.type : "api_error",
      errorMessage: typeof error.message === "string" ? error.message : `Claude answered ${upstream.status}.`,
    };
  }
  return Object.assign((dialect?.outcomeOf ?? messageOutcome)(body), answered);
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
