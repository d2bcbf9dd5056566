import type { IncomingMessage, ServerResponse } from "node:http";
import type { Authenticator } from "../auth/authenticator.ts";
import type { FunctionHost, Identity } from "../host/types.ts";
import { IncomingRequest } from "./incomingRequest.ts";
import { requestMetadata } from "./requestMetadata.ts";
import { requestParts } from "./requestParts.ts";
import { pumpResponse } from "./responsePump.ts";

export interface HttpActionContext {
  host: FunctionHost;
  authenticator: Authenticator;
  /** Host and port for requests without a Host header. */
  siteHost: string;
}

/**
 * Runs the HTTP router for one request and streams its response. When the client leaves, `request.signal` aborts
 * and the action runs on, its output dropped; when it leaves before the response's head, the body is never read,
 * as on Convex. Never rejects.
 */
export async function handleHttpAction(
  context: HttpActionContext,
  message: IncomingMessage,
  response: ServerResponse,
  prefixLength: number,
): Promise<void> {
  let request: IncomingRequest | null = null;
  let hasLeft = false;
  response.once("close", () => {
    if (!response.writableFinished) {
      hasLeft = true;
      request?.abort();
    }
  });
  try {
    const metadata = requestMetadata(message);
    const claimed = context.authenticator.identifyTolerant(message.headers.authorization);
    const identity: Identity = claimed instanceof Promise ? await claimed : claimed;
    const parts = await requestParts(message, { prefixLength, defaultHost: context.siteHost });
    request = new IncomingRequest(parts);
    if (hasLeft) {
      request.abort();
    }
    const run = await context.host.runHttpAction(request, { identity, request: metadata });
    if (!hasLeft) {
      await pumpResponse(run.response, response, { isHead: message.method === "HEAD", log: logFailure });
    }
    run.finish();
  } catch (error) {
    answerFailure(response, error);
  } finally {
    drain(message);
  }
}

/** Reads and drops what the action left unread, so that the connection can carry the next request. */
function drain(message: IncomingMessage): void {
  if (!message.readableEnded && !message.destroyed) {
    message.removeAllListeners("data");
    message.resume();
  }
}

function logFailure(message: string): void {
  console.error(`[http action] ${message}`);
}

/** An action that throws before it returns its Response is answered as Convex does on a development deployment. */
function answerFailure(response: ServerResponse, error: unknown): void {
  console.error(error);
  if (response.headersSent) {
    response.end();
    return;
  }
  const message = error instanceof Error ? error.message : String(error);
  const trace = error instanceof Error ? (error.stack ?? message) : message;
  const body = JSON.stringify({ code: message, trace });
  response.writeHead(500, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}
