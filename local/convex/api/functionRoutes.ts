import { z } from "zod";
import type { FunctionCall, FunctionOutcome, Identity } from "../host/types.ts";
import type { ConvexJson } from "../store/types.ts";
import { encodeTs } from "../sync/timestamp.ts";
import { ApiError, notSupported } from "./apiError.ts";
import { cleanJson } from "./cleanJson.ts";
import { logLineText } from "./logLineText.ts";
import { readJson } from "./readBody.ts";
import type { ApiContext, ApiRequest, RouteTable } from "./route.ts";

type Format = "convex_encoded_json" | "json";

const jsonSchema: z.ZodType<ConvexJson> = z.json();
const callSchema = z.object({
  path: z.string(),
  args: z.union([z.tuple([jsonSchema]).transform(([args]) => args), jsonSchema]).default({}),
  format: z.enum(["convex_encoded_json", "json"]).nullish(),
  componentPath: z.string().nullish(),
});
type Call = z.infer<typeof callSchema>;
const testFunctionSchema = z.object({
  adminKey: z.string(),
  args: jsonSchema.default({}),
  bundle: z.object({ source: z.string() }),
  format: callSchema.shape.format,
  componentId: z.string().nullish(),
});
const batchSchema = z.object({ queries: z.array(callSchema) });

/** Query, mutation and action over HTTP, as `ConvexHttpClient` and `convex run` call them. */
export const functionRoutes: RouteTable = {
  "POST /api/query": async (context, request) =>
    runQuery(context, request, callSchema.parse(await readJson(request.message))),
  "GET /api/query": (context, request) => runQuery(context, request, callOfUrl(request.url)),
  "POST /api/query_at_ts": async (context, request) =>
    runQuery(context, request, callSchema.parse(await readJson(request.message))),
  "POST /api/query_ts": (context) => ({ ts: encodeTs(context.host.store.latestTs) }),
  "POST /api/query_batch": async (context, request) => {
    const { queries } = batchSchema.parse(await readJson(request.message));
    return { results: await Promise.all(queries.map((call) => runQuery(context, request, call))) };
  },
  "POST /api/mutation": async (context, request) => {
    const call = callSchema.parse(await readJson(request.message));
    const { outcome } = await context.host.runMutation(await functionCall(context, request, call));
    return outcomeJson(outcome, call.format);
  },
  "POST /api/action": async (context, request) => {
    const call = callSchema.parse(await readJson(request.message));
    return outcomeJson(await context.host.runAction(await functionCall(context, request, call)), call.format);
  },
  "POST /api/function": async (context, request) => {
    const call = callSchema.parse(await readJson(request.message));
    const identity = await requireAdmin(context, request);
    return outcomeJson(await runAny(context, request, call, identity), call.format);
  },
  "POST /api/run_test_function": async (context, request) => {
    const { bundle, args, adminKey, format, componentId } = testFunctionSchema.parse(
      await readJson(request.message),
    );
    if (componentId) throw notSupported(`Running a query in component ${componentId}`);
    const identity = context.authenticator.verifyAdminKey(adminKey);
    const call = { args, identity, visibility: "any" as const, request: request.metadata };
    return outcomeJson(await context.host.runInlineQuery(bundle.source, call), format);
  },
};

/** `POST /api/run/{module path}/{function}`: any public function, answered as plain JSON by default. */
export async function runByUrl(context: ApiContext, request: ApiRequest): Promise<unknown> {
  const parts = request.url.pathname.slice("/api/run/".length).split("/").map(decodeURIComponent);
  const name = parts.pop();
  const body = z
    .object({ args: jsonSchema.default({}), format: callSchema.shape.format })
    .parse(await readJson(request.message));
  const call = {
    path: `${parts.join("/")}:${name}`,
    args: body.args,
    format: body.format ?? ("json" as const),
  };
  const identity = await context.authenticator.identify(request.message.headers.authorization);
  return outcomeJson(await runAny(context, request, call, identity), call.format);
}

/** Throws unless the request carries the admin key. */
export async function requireAdmin(context: ApiContext, request: ApiRequest): Promise<Identity> {
  const identity = await context.authenticator.identify(request.message.headers.authorization);
  if (identity.kind !== "admin") {
    throw new ApiError(
      403,
      "BadDeployKey",
      "This operation needs the admin key (header `Authorization: Convex <key>`)",
    );
  }
  return identity;
}

async function runQuery(context: ApiContext, request: ApiRequest, call: Call): Promise<unknown> {
  const { outcome } = await context.queries.run(await functionCall(context, request, call));
  return outcomeJson(outcome, call.format);
}

async function runAny(
  context: ApiContext,
  request: ApiRequest,
  call: Call,
  identity: Identity,
): Promise<FunctionOutcome> {
  const functionCall = callAs(request, call, identity);
  return context.queries.isSystem(call.path)
    ? (await context.queries.run(functionCall)).outcome
    : await context.host.runAny(functionCall);
}

async function functionCall(context: ApiContext, request: ApiRequest, call: Call): Promise<FunctionCall> {
  return callAs(request, call, await context.authenticator.identify(request.message.headers.authorization));
}

function callAs(request: ApiRequest, call: Call, identity: Identity): FunctionCall {
  if (call.componentPath) {
    throw new ApiError(
      400,
      "NotSupported",
      `Calling functions of component ${call.componentPath} is not supported`,
    );
  }
  return {
    path: call.path,
    args: call.args,
    identity,
    visibility: identity.kind === "admin" ? "any" : "public",
    request: request.metadata,
  };
}

function callOfUrl(url: URL): Call {
  const args = url.searchParams.get("args") ?? "{}";
  try {
    return callSchema.parse({
      path: url.searchParams.get("path") ?? "",
      args: JSON.parse(args),
      format: url.searchParams.get("format"),
    });
  } catch {
    throw new ApiError(400, "BadQueryArgs", "The `args` parameter must be JSON and `path` a function");
  }
}

function outcomeJson(outcome: FunctionOutcome, format: Format | null | undefined): unknown {
  const isClean = format === "json";
  const logLines = outcome.logLines.length === 0 ? undefined : outcome.logLines.map(logLineText);
  if (outcome.ok) {
    return { status: "success", value: isClean ? cleanJson(outcome.value) : outcome.value, logLines };
  }
  const { errorMessage, errorData } = outcome;
  const shownData = errorData !== undefined && isClean ? cleanJson(errorData) : errorData;
  return { status: "error", errorMessage, errorData: shownData, logLines };
}
