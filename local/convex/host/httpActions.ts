import { unlessKilled } from "../faults/unlessKilled.ts";
import type { Executor } from "./executor.ts";
import { currentInvocation, Invocation, LogSink } from "./invocation.ts";
import { LazyResponse } from "./lazyResponse.ts";
import { nativeStream, PushStream } from "./pushStream.ts";
import { SystemError } from "./systemError.ts";
import type { FunctionHost, Identity, RequestMetadata } from "./types.ts";
import { withTimeLimit } from "./withTimeLimit.ts";

const timeLimitMs = 30 * 60_000;

type HttpActionRun = Awaited<ReturnType<FunctionHost["runHttpAction"]>>;

/** Routes a request through the active push's `http.ts`. See `FunctionHost.runHttpAction`. */
export async function runHttpAction(
  executor: Executor,
  request: Request,
  options: { identity: Identity; request: RequestMetadata },
): Promise<HttpActionRun> {
  const { router } = executor.deployment;
  if (router === null) return plain(404, "This Convex deployment does not have HTTP actions enabled.");
  const path = pathOf(request.url);
  const match = router.lookup(path, request.method);
  if (!match) return plain(404, "No matching routes found");
  try {
    await executor.permits.actions.acquire();
  } catch (error) {
    if (error instanceof SystemError) return { response: systemFailure(error), finish: () => undefined };
    throw error;
  }
  const { identity, request: metadata } = options;
  const caller = {
    identity,
    request: metadata,
    origin: "HttpEndpoint",
    scheduledFunctionId: null,
    log: new LogSink(),
  };
  const invocation = new Invocation(executor, "httpAction", `${match[1]} ${match[2]}`, caller, null, 0);
  invocation.httpRequest = request;
  const startedAt = performance.now();
  if (executor.faults.isOn) invocation.killSwitch = executor.faults.killSwitch(invocation.name);
  const route = () => currentInvocation.run(invocation, () => router.runRequest("{}", path));
  const run = () => unlessKilled(invocation.killSwitch, route);
  let failure: string | null = null;
  let response: Response;
  let stopBody: (() => void) | null = null;
  try {
    await withTimeLimit(run(), timeLimitMs);
    if (invocation.httpResponse === null) throw new Error("The HTTP action did not return a Response.");
    response = invocation.httpResponse;
    stopBody = prepareBody(response, invocation);
  } catch (error) {
    ({ response, failure } = failed(error, invocation));
  }
  const stop = () => {
    invocation.ended = true;
    stopBody?.();
  };
  const restMs = timeLimitMs - (performance.now() - startedAt);
  const timer = stopBody === null ? undefined : setTimeout(stop, Math.max(0, restMs));
  const finish = () => {
    clearTimeout(timer);
    invocation.ended = true;
    executor.permits.actions.release();
    logEnd(invocation, { startedAt, failure, httpStatus: response.status });
  };
  return { response, finish };
}

/** Characters that `URL` keeps in a path as they are; a dot may be half of a step up. */
const PLAIN_PATH = /^https?:\/\/[^/?#\\\s]+(\/[\w/~-]*)(?:\?|$)/;

function pathOf(url: string): string {
  return PLAIN_PATH.exec(url)?.[1] ?? new URL(url).pathname;
}

function plain(status: number, text: string): HttpActionRun {
  const headers = { "content-type": "text/plain; charset=utf-8" };
  return { response: new Response(text, { status, headers }), finish: () => undefined };
}

/**
 * Adds the length of a whole body, and lets the callbacks of a stream run in the context of the action that made it.
 * Returns what ends the reading of a stream early.
 */
function prepareBody(response: Response, invocation: Invocation): (() => void) | null {
  const length = response instanceof LazyResponse ? response.wholeLength : null;
  if (length !== null) {
    if (!response.headers.has("content-length")) response.headers.set("content-length", String(length));
    return null;
  }
  const { body } = response;
  if (body === null) return null;
  if (body instanceof PushStream && invocation.killSwitch === null) {
    return () => body.stopDraining(new Error("The HTTP action took too long."));
  }
  let reader: ReadableStreamDefaultReader | null = null;
  const getReader = () => {
    reader = new ReadableStreamDefaultReader(nativeStream(body));
    const read = reader.read.bind(reader);
    const next = () => currentInvocation.run(invocation, read);
    const { killSwitch } = invocation;
    // The server passes the error on as a connection that breaks off.
    const nextUnlessKilled = () => {
      killSwitch?.countChunk();
      return unlessKilled(killSwitch, next);
    };
    const value = killSwitch === null ? next : nextUnlessKilled;
    Object.defineProperty(reader, "read", { value });
    return reader;
  };
  Object.defineProperty(body, "getReader", { value: getReader });
  return () => reader?.releaseLock();
}

function failed(error: unknown, invocation: Invocation): { response: Response; failure: string } {
  if (error instanceof SystemError) {
    return { response: systemFailure(error), failure: error.message };
  }
  const { requestId } = invocation.caller.request;
  const description = invocation.executor.describe(error);
  const firstLine = description.text.split("\n", 1)[0] ?? "";
  const body = {
    code: `[Request ID: ${requestId}] Server Error: ${firstLine}`,
    trace: description.text,
    ...(description.data === undefined ? {} : { data: description.data }),
  };
  return { response: Response.json(body, { status: 500 }), failure: description.text };
}

function systemFailure({ status, code, message }: SystemError): Response {
  return Response.json({ code, message }, { status });
}

function logEnd(
  { executor, name, caller }: Invocation,
  run: { startedAt: number; failure: string | null; httpStatus: number },
): void {
  const duration = performance.now() - run.startedAt;
  executor.logs.add({
    udfType: "HttpAction",
    identifier: name,
    logLines: caller.log.lines,
    startedAt: Date.now() - duration,
    duration,
    error: run.failure,
    httpStatus: run.httpStatus,
    requestId: caller.request.requestId,
    caller: caller.origin,
    identityType: caller.identity.kind,
    environment: "isolate",
    counts: null,
  });
}
