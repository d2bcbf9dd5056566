import type { ServerResponse } from "node:http";
import { LazyResponse } from "../host/lazyResponse.ts";
import { MapHeaders } from "../host/mapHeaders.ts";
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
  const whole = source instanceof LazyResponse ? source.takeWhole() : null;
  if (whole !== null) {
    endWhole(source, whole, target, options);
    return;
  }
  if (source.body === null) {
    endEmpty(source, target, options);
    return;
  }
  target.writeHead(source.status, rawHeaders(source.headers));
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

/** No body is no chunk either, except where HTTP has no place for a length. */
function endEmpty(
  { status, headers }: Response,
  target: ServerResponse,
  { isHead }: { isHead: boolean },
): void {
  const raw = rawHeaders(headers);
  // Not set on the response itself, whose headers may be immutable, as those of a redirect are.
  if (!isHead && status !== 204 && status !== 304 && !headers.has("content-length"))
    raw.push("content-length", "0");
  target.writeHead(status, raw);
  target.end();
}

function endWhole(
  { status, headers }: Response,
  whole: Uint8Array,
  target: ServerResponse,
  { isHead, log }: { isHead: boolean; log: (message: string) => void },
): void {
  const isTooLarge = whole.length > MAX_RESPONSE_BYTES;
  if (isTooLarge) {
    headers.delete("content-length");
    log(tooLarge);
  }
  target.writeHead(status, rawHeaders(headers));
  target.end(isHead || isTooLarge ? undefined : whole);
}

/** Names and values in turn: Node writes such a list as it is, without a map of its own. */
function rawHeaders(headers: Headers): string[] {
  if (headers instanceof MapHeaders) return headers.toRaw();
  const raw: string[] = [];
  for (const [name, value] of headers) raw.push(name, value);
  return raw;
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
  readonly #isChunked: boolean;
  #isSilent: boolean;
  #pending: Uint8Array[] = [];
  #isScheduled = false;
  #hasEnded = false;
  #size = 0;
  #hasBegun = false;

  constructor(target: ServerResponse, options: { isHead: boolean; log: (message: string) => void }) {
    this.#target = target;
    this.#log = options.log;
    this.#isSilent = options.isHead;
    this.#isChunked = target.chunkedEncoding && !options.isHead;
    // Node would write each chunk in four pieces; ours are framed here.
    if (this.#isChunked) target.chunkedEncoding = false;
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
    const rest = this.#take(LAST_CHUNK);
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
    const { socket } = this.#target;
    if (this.#hasBegun && this.#isChunked && socket?.writable && chunk !== null) {
      // The head is out and the chunk is framed: there is nothing left for the response to do.
      socket.write(chunk);
      return;
    }
    // Node would cork the socket until the next tick, and pay for a tick.
    socket?.cork();
    if (chunk !== null) {
      this.#target.write(chunk);
    } else if (!this.#hasBegun) {
      this.#target.flushHeaders();
    }
    this.#hasBegun = true;
    socket?.uncork();
  }

  /** What has come, and behind it what a body in chunks needs. */
  #take(after = ""): Uint8Array | null {
    const pending = this.#pending;
    if (pending.length > 0) this.#pending = [];
    return this.#isChunked ? framed(pending, after) : joined(pending);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array | null {
  return parts.length > 1 ? Buffer.concat(parts) : (parts[0] ?? null);
}

const CRLF = "\r\n";
const LAST_CHUNK = `0${CRLF}${CRLF}`;

/** The parts as one chunk of the chunked transfer coding (RFC 9112, 7.1), if there are any, with `after` behind it. */
function framed(parts: readonly Uint8Array[], after: string): Buffer | null {
  let size = 0;
  for (const part of parts) size += part.length;
  if (size === 0 && after === "") return null;
  const head = size === 0 ? "" : size.toString(16) + CRLF;
  const tail = size === 0 ? after : CRLF + after;
  const frame = Buffer.allocUnsafe(head.length + size + tail.length);
  let offset = frame.write(head, 0, "latin1");
  for (const part of parts) {
    frame.set(part, offset);
    offset += part.length;
  }
  frame.write(tail, offset, "latin1");
  return frame;
}
