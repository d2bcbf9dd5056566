import type { IncomingMessage } from "node:http";
import type { RequestParts } from "./incomingRequest.ts";

/** Bodies up to this size are waited for (briefly) and handed over whole, which is much cheaper than a stream. */
const WHOLE_BODY_BYTES = 1024 * 1024;
const WHOLE_BODY_WAIT_MS = 50;

/**
 * What an HTTP action's `Request` is made of. `prefixLength` characters of the path (`/http`) are left out of its URL;
 * GET, HEAD and OPTIONS have no body, whatever was sent. A small body is waited for, but not for long.
 */
export async function requestParts(
  message: IncomingMessage,
  options: { prefixLength: number; defaultHost: string },
): Promise<RequestParts> {
  const url = requestUrl(message, options);
  const { method = "GET", rawHeaders } = message;
  if (hasBody(message)) return { url, method, rawHeaders, body: await takeBody(message) };
  message.resume();
  return { url, method, rawHeaders, body: null };
}

function requestUrl(
  message: IncomingMessage,
  options: { prefixLength: number; defaultHost: string },
): string {
  const { host = options.defaultHost, "x-forwarded-proto": forwarded } = message.headers;
  const protocol = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(",", 1)[0]?.trim() || "http";
  const path = (message.url ?? "/").slice(options.prefixLength);
  return `${protocol}://${host}${path.startsWith("/") ? path : `/${path}`}`;
}

function hasBody(message: IncomingMessage): boolean {
  if (message.method === "GET" || message.method === "HEAD" || message.method === "OPTIONS") {
    return false;
  }
  const length = message.headers["content-length"];
  return message.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

/** The whole body when it is small and comes quickly, else a stream of it. */
function takeBody(message: IncomingMessage): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  const length = Number(message.headers["content-length"] ?? Number.POSITIVE_INFINITY);
  if (length > WHOLE_BODY_BYTES) return Promise.resolve(streamOf(message, []));
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    const stopWaiting = () => {
      clearTimeout(timer);
      message.off("data", onData).off("end", onEnd).off("close", giveStream);
    };
    const giveStream = () => {
      stopWaiting();
      resolve(streamOf(message, chunks));
    };
    const onEnd = () => {
      stopWaiting();
      const [only] = chunks;
      resolve(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks));
    };
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > WHOLE_BODY_BYTES) giveStream();
    };
    const timer = setTimeout(giveStream, WHOLE_BODY_WAIT_MS);
    message.on("data", onData).once("end", onEnd).once("close", giveStream);
  });
}

/** Reads from the socket as fast as the action reads; errors when the client leaves before the end. */
function streamOf(message: IncomingMessage, head: readonly Buffer[]): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of head) {
        controller.enqueue(chunk);
      }
      let isOver = false;
      const once = (end: () => void) => () => {
        if (!isOver) {
          isOver = true;
          end();
        }
      };
      const fail = once(() =>
        controller.error(new Error("The client closed the connection before its body ended")),
      );
      message.on("data", (chunk: Buffer) => {
        if (isOver) {
          return;
        }
        controller.enqueue(chunk);
        if ((controller.desiredSize ?? 0) <= 0) {
          message.pause();
        }
      });
      message.once(
        "end",
        once(() => controller.close()),
      );
      message.once("close", fail);
      message.pause();
      if (message.destroyed && !message.readableEnded) {
        fail();
      }
    },
    pull() {
      message.resume();
    },
    cancel() {
      // The rest of the body is read and dropped, so that the connection can answer.
      message.removeAllListeners("data");
      message.resume();
    },
  });
}
