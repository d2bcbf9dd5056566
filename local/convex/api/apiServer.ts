import type { IncomingMessage, ServerResponse } from "node:http";
import { notSupported, sendJson, toApiError } from "./apiError.ts";
import { answerPreflight, setCorsHeaders } from "./cors.ts";
import { deploymentRoutes } from "./deploymentRoutes.ts";
import { faultRoutes } from "./faultRoutes.ts";
import { functionRoutes, runByUrl } from "./functionRoutes.ts";
import { pushRoutes } from "./pushRoutes.ts";
import { requestMetadata } from "./requestMetadata.ts";
import type { ApiContext, RouteHandler } from "./route.ts";
import { isFilePath, serveFile, storageRoutes } from "./storageRoutes.ts";
import { isExportPath, sendExport, transferRoutes } from "./transferRoutes.ts";

const routes: ReadonlyMap<string, RouteHandler> = new Map(
  Object.entries({
    ...deploymentRoutes,
    ...faultRoutes,
    ...functionRoutes,
    ...pushRoutes,
    ...storageRoutes,
    ...transferRoutes,
  }),
);

/** Features that have routes in Convex and none here, by path prefix, with the name a developer knows. */
const unsupported: readonly [prefix: string, feature: string][] = [
  ["/api/streaming_import", "Streaming import"],
  ["/api/json_schemas", "Streaming export"],
  ["/api/document_deltas", "Streaming export"],
  ["/api/list_snapshot", "Streaming export"],
  ["/api/shapes2", "The dashboard"],
  ["/api/app_metrics", "Metrics"],
  ["/api/logs", "Log streams"],
];

/** Answers everything on the main port that is not an HTTP action. Never rejects. */
export async function handleApi(
  context: ApiContext,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  setCorsHeaders(message, response);
  if (message.method === "OPTIONS") {
    answerPreflight(message, response);
    return;
  }
  try {
    const url = new URL(message.url ?? "/", context.cloudUrl);
    const handler = findHandler(message.method ?? "GET", url.pathname);
    const result = await handler(context, { message, response, url, metadata: requestMetadata(message) });
    if (result !== undefined) {
      sendJson(response, 200, result);
    }
  } catch (error) {
    const { status, code, message: text } = toApiError(error);
    if (status === 500) {
      console.error(error);
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendJson(response, status, { code, message: text });
  }
}

function findHandler(method: string, path: string): RouteHandler {
  const handler = routes.get(`${method} ${path}`);
  if (handler !== undefined) {
    return handler;
  }
  if (method === "POST" && path.startsWith("/api/run/")) {
    return runByUrl;
  }
  if (isExportPath(method, path)) {
    return sendExport;
  }
  if (isFilePath(method, path)) {
    return serveFile;
  }
  const feature = unsupported.find(([prefix]) => path.startsWith(prefix));
  return () => {
    throw notSupported(feature ? `${feature[1]} (${method} ${path})` : `${method} ${path}`);
  };
}
