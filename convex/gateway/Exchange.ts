import type { ActionCtx } from "../_generated/server";

/** One HTTP request to the gateway. */
export interface Exchange {
  ctx: ActionCtx;
  request: Request;
  /** Ours: `x-gateway-request-id`, and `request-id` where upstream gave none. */
  requestId: string;
  receivedAt: number;
}

export function createExchange(ctx: ActionCtx, request: Request): Exchange {
  return { ctx, request, requestId: createRequestId(), receivedAt: Date.now() };
}

const TIME_DIGITS = 12;

/** The time in milliseconds and 74 random bits: requests that begin together stand together in the log's index. */
export function createRequestId(): string {
  const time = Date.now().toString(16).padStart(TIME_DIGITS, "0");
  return `req_gw_${time}${crypto.randomUUID().replaceAll("-", "").slice(TIME_DIGITS)}`;
}

/** What every answer of the gateway's own carries. */
export function gatewayHeaders(requestId: string): Record<string, string> {
  return { "cache-control": "no-store", "request-id": requestId, "x-gateway-request-id": requestId };
}

/** The query with its question mark, for instance Claude Code's `?beta=true`; empty when there is none. */
export function queryOf({ url }: Request): string {
  const start = url.indexOf("?");
  return start === -1 ? "" : url.slice(start);
}
