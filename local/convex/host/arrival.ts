import type { Dispatcher } from "undici";
import { type BodySink, type BodySource, WAITING_CHUNKS_MAX } from "./incomingBody.ts";

/** The head of an answer. */
export interface Head {
  status: number;
  statusText: string;
  /** Names and values in turn. */
  rawHeaders: string[];
}

export interface ArrivalOptions {
  head: (head: Head) => void;
  /** No head will come. */
  failed: (failure: Error) => void;
  /** Called once, when nothing more will happen. */
  ended: () => void;
  /** What the reader is told when the request or its answer breaks off. */
  failure: (cause: Error) => Error;
}

/** One answer of undici's, from its head to the end of its body. Nothing is read ahead of whoever takes the body. */
export class Arrival implements Dispatcher.DispatchHandlers, BodySource {
  readonly #options: ArrivalOptions;
  #sink: BodySink | null = null;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #isPaused = false;
  #hasHead = false;
  /** Undefined until the end has come. */
  #failure: Error | null | undefined;
  #abortRequest: ((error: Error) => void) | null = null;
  #resumeRequest: (() => void) | null = null;
  #abortedBy: Error | null = null;

  constructor(options: ArrivalOptions) {
    this.#options = options;
  }

  /** Ends the request, at whatever point it is. */
  abort(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#abortedBy = error;
    if (this.#abortRequest) this.#abortRequest(error);
    else this.#end(error);
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    const wasPaused = this.#isPaused;
    this.#isPaused = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const chunk of waiting) sink.chunk(chunk);
    if (this.#failure !== undefined) sink.end(this.#failure);
    else if (wasPaused && !this.#isPaused) this.#resumeSoon();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#resumeSoon();
  }

  destroy(): void {
    this.abort(new Error("The body was canceled."));
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#abortRequest = abort;
    if (this.#abortedBy) abort(this.#abortedBy);
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean {
    if (status < 200) return true;
    this.#hasHead = true;
    this.#resumeRequest = resume;
    this.#options.head({ status, statusText, rawHeaders: headers.map((text) => text.toString("latin1")) });
    return true;
  }

  onData(chunk: Buffer<ArrayBuffer>): boolean {
    // What undici hands on when it goes on after a pause may be empty.
    if (chunk.length === 0) return !this.#isPaused;
    if (this.#sink) this.#sink.chunk(chunk);
    else if (this.#waiting.push(chunk) >= WAITING_CHUNKS_MAX) this.#isPaused = true;
    return !this.#isPaused;
  }

  onComplete(): void {
    this.#end(null);
  }

  onError(error: Error): void {
    this.#end(error);
  }

  /** Not from within undici's own callbacks. */
  #resumeSoon(): void {
    queueMicrotask(() => {
      if (!this.#isPaused && this.#failure === undefined) this.#resumeRequest?.();
    });
  }

  #end(cause: Error | null): void {
    if (this.#failure !== undefined) return;
    const failure = cause && this.#options.failure(cause);
    this.#failure = failure;
    this.#options.ended();
    if (failure !== null && !this.#hasHead) this.#options.failed(failure);
    this.#sink?.end(failure);
  }
}
