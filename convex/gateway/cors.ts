import { webOrigin } from "./config";

const EXPOSED = [
  "request-id",
  "retry-after",
  "x-gateway-request-id",
  "x-gateway-thread-id",
  "x-gateway-message-id",
  "x-gateway-cost-usd",
  "x-gateway-model",
  "x-gateway-attempts",
].join(", ");
const PREFLIGHT_SECONDS = 86_400;

/** Lets the web app's own origin, and no other, read an answer. No cookies are involved. */
export function withCors(request: Request, response: Response): Response {
  response.headers.append("vary", "Origin");
  if (isWebApp(request)) {
    response.headers.set("access-control-allow-origin", request.headers.get("origin") ?? "");
    response.headers.set("access-control-expose-headers", EXPOSED);
  }
  return response;
}

/** The answer to the browser's question before a cross-origin request. */
export function preflight(request: Request): Response {
  const headers = new Headers({ "cache-control": "no-store" });
  if (isWebApp(request)) {
    headers.set("access-control-allow-methods", "GET, POST, OPTIONS");
    headers.set("access-control-allow-headers", "authorization, content-type, last-event-id");
    headers.set("access-control-max-age", String(PREFLIGHT_SECONDS));
  }
  return withCors(request, new Response(null, { status: 204, headers }));
}

function isWebApp(request: Request): boolean {
  const origin = request.headers.get("origin");
  return origin !== null && origin === webOrigin();
}
