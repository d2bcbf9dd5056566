import type { Outcome, Settlement } from "../model/outcome";
import { formatUsd } from "../model/pricing";
import type { VisitFrame } from "../model/sseFramer";
import { parseFrame } from "../model/sseFramer";
import type { StreamMeter } from "../model/usageMeter";
import type { Failure } from "./endings";
import { errorEnvelope } from "./GatewayError";

/** How usage is read from answers that are not the Messages API's. */
export interface Dialect {
  meter: StreamMeter;
  outcomeOf(answer: Readonly<Record<string, unknown>>): Outcome;
}

/** What the client of a stream receives for Claude's events. `null` means nothing. */
export interface StreamOutput {
  contentType: string;
  /** Absent: the Messages API's. */
  dialect?: Dialect;
  /** Sees each event before its bytes are passed to `run`. */
  visit: VisitFrame | null;
  /** Bytes of one or more whole events. */
  run(events: Uint8Array): Uint8Array | null;
  ping(): Uint8Array | null;
  failure(failure: Failure): Uint8Array;
  trailer(settlement: Settlement | null): Uint8Array | null;
}

const encoder = new TextEncoder();
const PING = 'event: ping\ndata: {"type":"ping"}\n\n';

/** Claude's events, byte for byte. */
export function sseOutput(requestId: string): StreamOutput {
  return {
    contentType: "text/event-stream; charset=utf-8",
    visit: null,
    run: (events) => events,
    ping: () => encoder.encode(PING),
    failure: (failure) => encoder.encode(errorEvent(failure, requestId)),
    trailer: (settlement) => encoder.encode(costComment(settlement, requestId)),
  };
}

export function errorEvent({ type, message }: Failure, requestId: string): string {
  return `event: error\ndata: ${errorEnvelope(type, message, requestId)}\n\n`;
}

/** SDKs skip comments, so this is the one place in a stream for what it cost. */
export function costComment(settlement: Settlement | null, requestId: string): string {
  return `: request ${requestId} cost ${settlement ? formatUsd(settlement.costNanoUsd) : "pending"}\n\n`;
}

/** The bare text of the answer, as it is generated; a failure is the last line. */
export function textOutput(requestId: string): StreamOutput {
  let text = "";
  const line = (failure: Failure) => `\nerror: ${failure.type}: ${failure.message} (${requestId})\n`;
  return {
    contentType: "text/plain; charset=utf-8",
    visit: (bytes, start, end) => {
      const { event, data } = parseFrame(bytes.subarray(start, end));
      if (event === "content_block_delta") {
        text += textOfDelta(data);
      } else if (event === "error") {
        text += line(failureOf(data));
      }
    },
    run: () => {
      const bytes = text === "" ? null : encoder.encode(text);
      text = "";
      return bytes;
    },
    ping: () => null,
    failure: (failure) => encoder.encode(line(failure)),
    trailer: () => null,
  };
}

function textOfDelta(data: string): string {
  const { delta } = JSON.parse(data) as { delta?: { type?: string; text?: string } };
  return delta?.type === "text_delta" ? (delta.text ?? "") : "";
}

function failureOf(data: string): Failure {
  const { error } = JSON.parse(data) as { error?: Partial<Failure> };
  return {
    type: error?.type ?? "api_error",
    message: error?.message ?? "Claude's stream reported an error.",
  };
}
