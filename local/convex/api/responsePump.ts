import type { ServerResponse } from "node:http";
import { LazyResponse } from "../host/lazyResponse.ts";
import { PushStream } from "../host/pushStream.ts";
import { SystemError } from "../host/systemError.ts";

/** Convex's limit on the body of an HTTP action's response; what exceeds it is dropped silently. */
const MAX_RESPONSE_BYTES = 20 * 1024 * 1024;
const tooLarge = `HttpResponseTooLarge: the response exceeds ${MAX_RESPONSE_BYTES} bytes; the rest is dropped`;

/**
 * Writes `source` to the client as Convex does: the head at once, the body as fast as it comes and without
 * backpressure, `cancel()` never. Once the client has left, the body is still read to its end and dropped.
 * Resolves when the body has ended; never rejects.
 */
export async function pumpResponse(
  source: Response,
  target: ServerResponse,
  options: { isHead: boolean; log: (message: string) => void },
): Promise<void> {
  target.statusCode = source.status;
  copyHeaders(source.headers, target);
  const whole = source instanceof LazyResponse ? source.takeWhole() : null;
  if (whole !== null) {
    endWhole(whole, target, options);
    return;
  }
  if (source.body === null) {
    target.end();
    return;
  }
  const writer = new TickWriter(target, options);
  try {
    await writeAll(source.body, writer);
  } catch (error) {
    if (error instanceof SystemError) {
      await writer.breakOff();
      return;
    }
    options.log(`The response body failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  writer.end();
}

/** Rejects with what broke the body. */
async function writeAll(body: ReadableStream<Uint8Array>, writer: TickWriter): Promise<void> {
  // A test that counts the chunks has put a reader of its own in the way.
  if (body instanceof PushStream && !Object.hasOwn(body, "getReader")) {
    await new Promise<void>((resolve, reject) => {
      body.drainTo({ chunk: (chunk) => writer.write(chunk), close: resolve, error: reject });
    });
    return;
  }
  const reader = body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    writer.write(read.value);
  }
}

function endWhole(
  whole: Uint8Array,
  target: ServerResponse,
  { isHead, log }: { isHead: boolean; log: (message: string) => void },
): void {
  if (whole.length > MAX_RESPONSE_BYTES) {
    target.removeHeader("content-length");
    log(tooLarge);
  }
  target.end(isHead || whole.length > MAX_RESPONSE_BYTES ? undefined : whole);
}

function copyHeaders(headers: Headers, target: ServerResponse): void {
  for (const [name, value] of headers) {
    if (name === "set-cookie") {
      target.appendHeader(name, value);
    } else {
      target.setHeader(name, value);
    }
  }
}

let writersOfTurn: TickWriter[] = [];

/** One immediate for all responses that have something to send. */
function atEndOfTurn(writer: TickWriter): void {
  if (writersOfTurn.push(writer) > 1) return;
  setImmediate(() => {
    const writers = writersOfTurn;
    writersOfTurn = [];
    for (const each of writers) each.flush();
  });
}

/**
 * Joins what comes in one event-loop turn into one write: the head and the first chunks, then chunks. So the head
 * leaves at the end of the turn in which it was known, and a body that is no stream costs one write in all.
 */
class TickWriter {
  readonly #target: ServerResponse;
  readonly #log: (message: string) => void;
  #isSilent: boolean;
  #pending: Uint8Array[] = [];
  #isScheduled = false;
  #hasEnded = false;
  #size = 0;

  constructor(target: ServerResponse, options: { isHead: boolean; log: (message: string) => void }) {
    this.#target = target;
    this.#log = options.log;
    this.#isSilent = options.isHead;
    this.#schedule();
  }

  write(chunk: Uint8Array): void {
    if (this.#isSilent || this.#target.destroyed || chunk.length === 0) {
      return;
    }
    this.#size += chunk.length;
    if (this.#size > MAX_RESPONSE_BYTES) {
      this.#isSilent = true;
      this.#log(tooLarge);
      return;
    }
    this.#pending.push(chunk);
    this.#schedule();
  }

  end(): void {
    this.#hasEnded = true;
    const rest = this.#take();
    if (rest === null) {
      this.#target.end();
    } else {
      this.#target.end(rest);
    }
  }

  /** Sends what has come and closes the connection in the midst of the body. */
  async breakOff(): Promise<void> {
    this.#hasEnded = true;
    const rest = this.#take();
    await new Promise<unknown>((resolve) => this.#target.write(rest ?? "", resolve));
    this.#target.destroy();
  }

  #schedule(): void {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      atEndOfTurn(this);
    }
  }

  flush(): void {
    this.#isScheduled = false;
    if (this.#hasEnded || this.#target.destroyed) {
      return;
    }
    const chunk = this.#take();
    // Node would cork the socket until the next tick, and pay for a tick.
    const { socket } = this.#target;
    socket?.cork();
    if (chunk !== null) {
      this.#target.write(chunk);
    } else if (!this.#target.headersSent) {
      this.#target.flushHeaders();
    }
    socket?.uncork();
  }

  #take(): Uint8Array | null {
    const pending = this.#pending;
    const [only] = pending;
    if (only === undefined) {
      return null;
    }
    this.#pending = [];
    return pending.length === 1 ? only : Buffer.concat(pending);
  }
}
