import type { Readable } from "node:stream";
import { PushStream } from "./pushStream.ts";

/** How many chunks may wait for a reader before the socket is paused. */
const WAITING_CHUNKS_MAX = 64;

/** The body of an answer that is still arriving: read whole, or as a stream. */
export class IncomingBody {
  readonly #message: Readable;
  readonly #failure: () => Error;

  /** `failure` tells why the body ended early: an abort, or a broken connection. */
  constructor(message: Readable, failure: () => Error) {
    this.#message = message;
    this.#failure = failure;
  }

  collect(): Promise<Uint8Array<ArrayBuffer>> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      this.#message.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
      });
      this.#onEnd((failure) => {
        if (failure !== null) {
          reject(failure);
          return;
        }
        const bytes = new Uint8Array(size);
        let offset = 0;
        for (const chunk of chunks) {
          bytes.set(chunk, offset);
          offset += chunk.length;
        }
        resolve(bytes);
      });
    });
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const message = this.#message;
    let isOver = false;
    return new PushStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          message.on("data", (chunk: Buffer<ArrayBuffer>) => {
            // A message that was destroyed in its own data event still hands out what it holds.
            if (isOver) return;
            controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
            if ((controller.desiredSize ?? 0) <= 0) message.pause();
          });
          this.#onEnd((failure) => {
            if (isOver) return;
            isOver = true;
            if (failure === null) controller.close();
            else controller.error(failure);
          });
        },
        drained: () => {
          if (message.isPaused()) message.resume();
        },
        cancel: () => {
          isOver = true;
          message.destroy();
        },
      },
      WAITING_CHUNKS_MAX,
    );
  }

  /** Calls back once, when the whole body has come (null) or never will. */
  #onEnd(ended: (failure: Error | null) => void): void {
    const message = this.#message;
    let hasEnded = false;
    const end = (failure: () => Error | null) => {
      if (hasEnded) return;
      hasEnded = true;
      ended(failure());
    };
    message.on("end", () => end(() => null));
    // A destroyed message tells so by `error`, by `close`, or by both; also when it had arrived but was not yet read.
    const fail = () => end(this.#failure);
    message.on("error", fail);
    message.on("close", fail);
  }
}
