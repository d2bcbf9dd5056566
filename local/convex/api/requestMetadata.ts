import type { IncomingMessage } from "node:http";
import type { RequestMetadata } from "../host/types.ts";

/** What `ctx.meta.getRequestMetadata()` tells. The client's address is the first of `x-forwarded-for`, else the socket's. */
export function requestMetadata(request: IncomingMessage): RequestMetadata {
  const forwarded = request.headers["x-forwarded-for"];
  const first = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(",", 1)[0]?.trim();
  return {
    ip: first ?? request.socket.remoteAddress ?? null,
    userAgent: request.headers["user-agent"] ?? null,
    requestId: newRequestId(),
  };
}

/** 16 hexadecimal digits, as in Convex's error texts. Not a secret, so the cheap generator is enough. */
export function newRequestId(): string {
  return hex32() + hex32();
}

function hex32(): string {
  return Math.floor(Math.random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, "0");
}
