import { PushStream } from "./pushStream.ts";

/** Where the bytes of an answer come from. */
export interface BodySource {
  /** Hands over what has come and what will come. Called once; what comes before is kept. */
  start(sink: BodySink): void;
  /** Asks the sender to wait; some chunks may still come. */
  pause(): void;
  resume(): void;
  /** Nobody wants the rest. */
  destroy(): void;
}

export interface BodySink {
  chunk(chunk: Uint8Array<ArrayBuffer>): void;
  /** Once, when the whole body has come (null) or never will. */
  end(failure: Error | null): void;
}

/** How many chunks may wait for a reader before the sender is asked to wait. */
export const WAITING_CHUNKS_MAX = 64;

/** The body of an answer that is still arriving: read whole, or as a stream. */
export class IncomingBody {
  readonly #source: BodySource;

  constructor(source: BodySource) {
    this.#source = source;
  }

  collect(): Promise<Uint8Array<ArrayBuffer>> {
    return new Promise((resolve, reject) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      this.#source.start({
        chunk: (chunk) => {
          chunks.push(chunk);
          size += chunk.length;
        },
        end: (failure) => {
          if (failure === null) resolve(joined(chunks, size));
          else reject(failure);
        },
      });
    });
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const source = this.#source;
    let isOver = false;
    let isPaused = false;
    return new PushStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) =>
          source.start({
            chunk: (chunk) => {
              // What had come before the body was canceled is still handed out.
              if (isOver) return;
              controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
              if (isPaused || (controller.desiredSize ?? 0) > 0) return;
              isPaused = true;
              source.pause();
            },
            end: (failure) => {
              if (isOver) return;
              isOver = true;
              if (failure === null) controller.close();
              else controller.error(failure);
            },
          }),
        drained: () => {
          if (!isPaused || isOver) return;
          isPaused = false;
          source.resume();
        },
        cancel: () => {
          isOver = true;
          source.destroy();
        },
      },
      WAITING_CHUNKS_MAX,
    );
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
