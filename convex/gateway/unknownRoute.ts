import type { Exchange } from "./Exchange";
import { GatewayError } from "./GatewayError";

const METHODS_BY_PATH: [path: RegExp, methods: string][] = [
  [/^\/claude$/, "POST"],
  [/^\/chat$/, "POST"],
  [/^\/v1\/messages$/, "POST"],
  [/^\/v1\/messages\/count_tokens$/, "POST"],
  [/^\/v1\/messages\/batches$/, "GET, POST"],
  [/^\/v1\/messages\/batches\/[^/]+$/, "GET, DELETE"],
  [/^\/v1\/messages\/batches\/[^/]+\/cancel$/, "POST"],
  [/^\/v1\/messages\/batches\/[^/]+\/results$/, "GET"],
  [/^\/v1\/chat\/completions$/, "POST"],
  [/^\/gateway\/streams\/[^/]+$/, "GET"],
  [/^\/v1\/files$/, "GET, POST"],
  [/^\/v1\/files\/[^/]+$/, "GET, DELETE"],
  [/^\/v1\/files\/[^/]+\/content$/, "GET"],
  [/^\/v1\/models(?:\/[^/]+)?$/, "GET"],
  [/^\/gateway\/requests\/[^/]+\/stop$/, "POST"],
  [/^\/gateway\/jobs$/, "POST"],
  [/^\/gateway\/jobs\/[^/]+$/, "GET"],
  [/^\/webhooks\/[^/]+$/, "POST"],
  [/^\/healthz$/, "GET"],
  [/^\/openapi\.json$/, "GET"],
];

const SERVED =
  "It serves POST /claude, POST /v1/messages, POST /v1/messages/count_tokens, /v1/messages/batches, /v1/files, POST /v1/chat/completions and GET /v1/models.";

/** Says why a path is not served. Nothing reaches Claude that the gateway does not meter. */
export async function unknownRoute({ request }: Exchange): Promise<Response> {
  const { pathname } = new URL(request.url);
  const known = METHODS_BY_PATH.find(([path]) => path.test(pathname));
  if (known) {
    const [, methods] = known;
    throw new GatewayError("method_not_allowed", `${pathname} takes ${methods}, not ${request.method}.`, {
      headers: { allow: methods },
    });
  }
  const shown = pathname.slice(0, 100);
  if (pathname.startsWith("/v1/")) {
    throw new GatewayError(
      "permission_error",
      `The gateway does not meter ${shown}, so it does not pass it on. ${SERVED}`,
    );
  }
  throw new GatewayError("not_found_error", `The gateway has no ${shown}. ${SERVED}`);
}
