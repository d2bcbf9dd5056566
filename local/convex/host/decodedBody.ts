import { pipeline, Readable, type Transform } from "node:stream";
import zlib from "node:zlib";
import type { BodySink, BodySource } from "./incomingBody.ts";

/** Both give out what they have at every flush of the sender's, and take an end without a checksum, as fetch does. */
const zlibFlush = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };
const brotliFlush = {
  flush: zlib.constants.BROTLI_OPERATION_FLUSH,
  finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH,
};

const DECODERS: Record<string, () => Transform> = {
  gzip: () => zlib.createGunzip(zlibFlush),
  deflate: () => zlib.createInflate(zlibFlush),
  br: () => zlib.createBrotliDecompress(brotliFlush),
};

/** The body as it was before a server compressed it, asked or not. */
export function decodedBody(
  source: BodySource,
  encoding: string | null,
  failure: (cause: Error) => Error,
): BodySource {
  const decoder = encoding === null ? undefined : DECODERS[encoding.toLowerCase()];
  if (!decoder) return source;
  const raw = new Readable({
    read: () => source.resume(),
    destroy: (error, done) => {
      source.destroy();
      done(error);
    },
  });
  source.start({
    chunk: (chunk) => {
      if (!raw.push(chunk)) source.pause();
    },
    end: (cause) => {
      if (cause) raw.destroy(cause);
      else raw.push(null);
    },
  });
  // What breaks either of them reaches the reader through the decoder.
  return new ReadableSource(
    pipeline(raw, decoder(), () => {}),
    failure,
  );
}

/** A stream of Node's. A destroyed one tells so by `error`, by `close`, or by both; also when all had come but was not yet read. */
export class ReadableSource implements BodySource {
  readonly #readable: Readable;
  readonly #failure: (cause: Error) => Error;

  constructor(readable: Readable, failure: (cause: Error) => Error) {
    this.#readable = readable;
    this.#failure = failure;
  }

  start(sink: BodySink): void {
    let hasEnded = false;
    const end = (cause: Error | null) => {
      if (hasEnded) return;
      hasEnded = true;
      sink.end(cause && this.#failure(cause));
    };
    this.#readable.on("end", () => end(null));
    this.#readable.on("error", end);
    this.#readable.on("close", () => end(new Error("The body broke off.")));
    this.#readable.on("data", (chunk: Buffer<ArrayBuffer>) => sink.chunk(chunk));
  }

  pause(): void {
    this.#readable.pause();
  }

  resume(): void {
    this.#readable.resume();
  }

  destroy(): void {
    this.#readable.destroy();
  }
}
