import type { Outcome } from "../model/outcome";
import type { StreamMeter } from "../model/usageMeter";
import type { Call, EndReason } from "./Call";

export interface Failure {
  type: string;
  message: string;
}

export type Ending = Pick<Outcome, "status"> & {
  /** What is recorded, and told to the client unless upstream told it already. */
  failure: Failure | null;
  isToldByUpstream: boolean;
};

const END_BY_REASON: Record<EndReason, Failure & Pick<Outcome, "status">> = {
  clientLeft: {
    status: "canceled",
    type: "client_closed_request",
    message: "The client left before the answer was complete.",
  },
  stopped: { status: "canceled", type: "api_error", message: "This request was stopped on request." },
  keyClosed: {
    status: "canceled",
    type: "permission_error",
    message: "The gateway key was revoked, stopped or expired while this request ran.",
  },
  gatewayKilled: {
    status: "canceled",
    type: "permission_error",
    message: "The gateway was stopped by an owner or admin while this request ran.",
  },
  expired: {
    status: "expired",
    type: "timeout_error",
    message: "The gateway lost track of this request and settled it at an estimate.",
  },
  timedOut: {
    status: "truncated",
    type: "timeout_error",
    message:
      "The answer took longer than a Convex action may run. Ask for less, or for several shorter answers.",
  },
  tooLarge: {
    status: "truncated",
    type: "api_error",
    message: "The answer reached 19 MiB; Convex cuts responses at 20 MiB. Ask for several shorter answers.",
  },
};

/** Status and error of a call that was ended early. */
export function endingOf(reason: EndReason): Failure & Pick<Outcome, "status"> {
  return END_BY_REASON[reason];
}

/** How a stream ended: complete only after `message_stop`. */
export function streamEnding(call: Call, meter: StreamMeter, readError: unknown): Ending {
  if (meter.isComplete) {
    return { status: "succeeded", failure: null, isToldByUpstream: true };
  }
  if (meter.error) {
    return { status: "failed", failure: meter.error, isToldByUpstream: true };
  }
  if (call.endReason) {
    const { status, type, message } = endingOf(call.endReason);
    return { status, failure: { type, message }, isToldByUpstream: false };
  }
  if (readError) {
    console.error(`Claude's stream broke in ${call.exchange.requestId}`, readError);
  }
  const message = "Claude's answer ended early: the connection to Claude broke. Try again.";
  return { status: "failed", failure: { type: "api_error", message }, isToldByUpstream: false };
}
