import { z } from "zod";
import { notSupported } from "./apiError.ts";
import { requireAdmin } from "./functionRoutes.ts";
import { readBody, readJson } from "./readBody.ts";
import type { ApiContext, ApiRequest, RouteTable } from "./route.ts";

const LOG_POLL_MS = 60_000;

const changesSchema = z.object({
  changes: z.array(z.object({ name: z.string(), value: z.string().nullish() })),
});

/** Probes, environment variables and logs. */
export const deploymentRoutes: RouteTable = {
  "GET /": (_context, { response }) => text(response, "This Convex deployment is running."),
  "GET /version": (_context, { response }) => text(response, "unknown"),
  "GET /instance_version": (_context, { response }) => text(response, "unknown"),
  "GET /instance_name": ({ instanceName }, { response }) => text(response, instanceName),
  "POST /echo": async (_context, { message, response }) => {
    response.end(await readBody(message));
  },
  "GET /api/check_admin_key": async (context, request) => {
    await requireAdmin(context, request);
    return { success: true };
  },
  "GET /api/v1/get_canonical_urls": async (context, request) => {
    await requireAdmin(context, request);
    return { convexCloudUrl: context.cloudUrl, convexSiteUrl: context.siteUrl };
  },
  "GET /api/v1/deployment_info": () => ({ kind: "selfHosted" }),
  "POST /api/update_environment_variables": updateEnvironment,
  "POST /api/v1/update_environment_variables": updateEnvironment,
  "GET /api/list_environment_variables": listEnvironment,
  "GET /api/v1/list_environment_variables": listEnvironment,
  "GET /api/stream_function_logs": streamLogs,
};

function text(response: ApiRequest["response"], body: string): void {
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
  response.end(body);
}

async function updateEnvironment(context: ApiContext, request: ApiRequest): Promise<void> {
  await requireAdmin(context, request);
  const { changes } = changesSchema.parse(await readJson(request.message));
  await context.host.env.update(changes.map(({ name, value }) => ({ name, value: value ?? null })));
  request.response.writeHead(200, { "content-length": 0 });
  request.response.end();
}

async function listEnvironment(context: ApiContext, request: ApiRequest): Promise<unknown> {
  await requireAdmin(context, request);
  const variables = context.host.env.list().map(({ name, value }) => [name, value]);
  return { environment_variables: Object.fromEntries(variables) };
}

async function streamLogs(context: ApiContext, request: ApiRequest): Promise<unknown> {
  await requireAdmin(context, request);
  const cursor = Number(request.url.searchParams.get("cursor") ?? 0);
  if (!Number.isFinite(cursor)) {
    throw notSupported("A log cursor that is not a number");
  }
  const closed = new AbortController();
  request.response.once("close", () => closed.abort());
  return await context.host.logs.stream(cursor, {
    timeoutMs: LOG_POLL_MS,
    signal: AbortSignal.any([closed.signal, context.stopping]),
  });
}
