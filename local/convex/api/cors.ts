import type { IncomingMessage, ServerResponse } from "node:http";

/** Convex mirrors any origin on its own API, never on HTTP actions. */
export function setCorsHeaders(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  if (origin === undefined) {
    return;
  }
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-allow-credentials", "true");
  response.setHeader("vary", "origin");
}

/** Answers a preflight request. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const requested = request.headers["access-control-request-headers"];
  if (requested !== undefined) {
    response.setHeader("access-control-allow-headers", requested);
  }
  response.setHeader("access-control-allow-methods", "GET,POST,OPTIONS,PATCH,DELETE,PUT");
  response.setHeader("access-control-max-age", "86400");
  response.writeHead(200, { "content-length": 0 });
  response.end();
}
