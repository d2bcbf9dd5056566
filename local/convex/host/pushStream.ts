/** What a stream's owner writes to; the subset of ReadableStreamDefaultController that `start` gets. */
export interface PushController<Chunk> {
  readonly desiredSize: number | null;
  enqueue(chunk: Chunk): void;
  close(): void;
  error(reason?: unknown): void;
}

export interface PushSource<Chunk> {
  start?: (controller: PushController<Chunk>) => unknown;
  cancel?: (reason: unknown) => unknown;
  /** There is room again after `desiredSize` was 0 or less. */
  drained?: () => void;
}

/** A consumer that takes every chunk at once, without a promise for each. */
export interface Sink<Chunk> {
  chunk(chunk: Chunk): void;
  close(): void;
  error(reason: unknown): void;
  desiredSize?: () => number | null;
}

interface PendingRead<Chunk> {
  resolve: (result: ReadableStreamReadResult<Chunk>) => void;
  reject: (reason: unknown) => void;
}

type State = { kind: "readable" } | { kind: "closed" } | { kind: "errored"; reason: unknown };

/**
 * The `ReadableStream` of functions whose owner pushes. It does what the native one does, and is one for `instanceof`, but reads
 * cost one promise, and none when the host takes the chunks (`drainTo`). Pipes, tees and byte readers go through a native
 * stream of the same chunks.
 */
export class PushStream<Chunk> implements ReadableStream<Chunk> {
  readonly #source: PushSource<Chunk>;
  readonly #highWaterMark: number;
  #queue: Chunk[] = [];
  #reads: PendingRead<Chunk>[] = [];
  #state: State = { kind: "readable" };
  #isClosing = false;
  #sink: Sink<Chunk> | null = null;
  #native: ReadableStream<Chunk> | null = null;
  #reader: PushReader<Chunk> | null = null;

  constructor(source: PushSource<Chunk>, highWaterMark = 1) {
    this.#source = source;
    this.#highWaterMark = highWaterMark;
    const stream = this;
    const started = source.start?.({
      get desiredSize() {
        return stream.#desiredSize();
      },
      enqueue: (chunk) => this.#enqueue(chunk),
      close: () => this.#close(),
      error: (reason) => this.#fail(reason),
    });
    if (started instanceof Promise) started.catch((reason: unknown) => this.#fail(reason));
  }

  get locked(): boolean {
    return this.#reader !== null || this.#sink !== null;
  }

  /** Hands all chunks to a sink, those that wait first. The stream is locked from then on. */
  drainTo(sink: Sink<Chunk>): void {
    this.#requireUnlocked();
    this.#sink = sink;
    const waiting = this.#queue;
    this.#queue = [];
    for (const chunk of waiting) sink.chunk(chunk);
    if (this.#isClosing) this.#state = { kind: "closed" };
    if (this.#state.kind === "closed") sink.close();
    else if (this.#state.kind === "errored") sink.error(this.#state.reason);
    else this.#source.drained?.();
  }

  /** Ends the sink with an error; what still comes is dropped. */
  stopDraining(reason: unknown): void {
    const sink = this.#sink;
    this.#sink = { chunk: ignore, close: ignore, error: ignore };
    sink?.error(reason);
  }

  /** A native stream of the chunks that are still to come; locks this one. */
  native(): ReadableStream<Chunk> {
    this.#native ??= new ReadableStream<Chunk>(
      {
        start: (controller) =>
          this.drainTo({
            chunk: (chunk) => controller.enqueue(chunk),
            close: () => controller.close(),
            error: (reason) => controller.error(reason),
            desiredSize: () => controller.desiredSize,
          }),
        pull: () => this.#source.drained?.(),
        cancel: (reason) => this.#abandon(reason),
      },
      { highWaterMark: this.#highWaterMark },
    );
    return this.#native;
  }

  getReader(options: { mode: "byob" }): ReadableStreamBYOBReader;
  getReader(): ReadableStreamDefaultReader<Chunk>;
  getReader(options?: ReadableStreamGetReaderOptions): ReadableStreamReader<Chunk>;
  getReader(options?: ReadableStreamGetReaderOptions): ReadableStreamReader<Chunk> {
    if (options?.mode !== undefined) return this.native().getReader({ mode: options.mode });
    if (this.#native !== null) return this.#native.getReader();
    this.#requireUnlocked();
    this.#reader = new PushReader({
      read: () => this.#read(),
      cancel: (reason) => this.#abandon(reason),
      release: () => {
        this.#reader = null;
        const reason = new TypeError("Invalid state: The reader is not attached to a stream");
        for (const read of this.#reads.splice(0)) read.reject(reason);
      },
    });
    if (this.#state.kind === "closed") this.#reader.end(null);
    else if (this.#state.kind === "errored") this.#reader.end(this.#state);
    return this.#reader;
  }

  async cancel(reason?: unknown): Promise<void> {
    if (this.#native !== null) return this.#native.cancel(reason);
    this.#requireUnlocked();
    await this.#abandon(reason);
  }

  async *values(options?: ReadableStreamIteratorOptions): ReadableStreamAsyncIterator<Chunk> {
    const reader = this.getReader();
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
    } finally {
      if (options?.preventCancel !== true) await reader.cancel();
      reader.releaseLock();
    }
  }

  [Symbol.asyncIterator](options?: ReadableStreamIteratorOptions): ReadableStreamAsyncIterator<Chunk> {
    return this.values(options);
  }

  pipeThrough<Out>(
    transform: ReadableWritablePair<Out, Chunk>,
    options?: StreamPipeOptions,
  ): ReadableStream<Out> {
    return this.native().pipeThrough(transform, options);
  }

  pipeTo(destination: WritableStream<Chunk>, options?: StreamPipeOptions): Promise<void> {
    return this.native().pipeTo(destination, options);
  }

  tee(): [ReadableStream<Chunk>, ReadableStream<Chunk>] {
    return this.native().tee();
  }

  #requireUnlocked(): void {
    if (this.locked) throw new TypeError("Invalid state: ReadableStream is locked");
  }

  #desiredSize(): number | null {
    if (this.#state.kind === "errored") return null;
    if (this.#state.kind === "closed") return 0;
    return this.#sink?.desiredSize ? this.#sink.desiredSize() : this.#highWaterMark - this.#queue.length;
  }

  #enqueue(chunk: Chunk): void {
    if (this.#isClosing || this.#state.kind !== "readable") {
      throw new TypeError("Invalid state: Controller is already closed");
    }
    const read = this.#reads.shift();
    if (this.#sink !== null) this.#sink.chunk(chunk);
    else if (read) read.resolve({ value: chunk, done: false });
    else this.#queue.push(chunk);
  }

  #close(): void {
    if (this.#isClosing || this.#state.kind !== "readable") {
      throw new TypeError("Invalid state: Controller is already closed");
    }
    this.#isClosing = true;
    if (this.#queue.length === 0) this.#end();
  }

  #end(): void {
    this.#state = { kind: "closed" };
    for (const read of this.#reads.splice(0)) read.resolve({ value: undefined, done: true });
    this.#reader?.end(null);
    this.#sink?.close();
  }

  #fail(reason: unknown): void {
    if (this.#state.kind !== "readable") return;
    this.#state = { kind: "errored", reason };
    this.#queue = [];
    for (const read of this.#reads.splice(0)) read.reject(reason);
    this.#reader?.end({ reason });
    this.#sink?.error(reason);
  }

  #read(): Promise<ReadableStreamReadResult<Chunk>> {
    const [value] = this.#queue;
    if (value !== undefined) {
      this.#queue.shift();
      if (this.#queue.length === 0 && this.#isClosing) this.#end();
      else this.#source.drained?.();
      return Promise.resolve({ value, done: false });
    }
    if (this.#state.kind === "closed") return Promise.resolve({ value: undefined, done: true });
    if (this.#state.kind === "errored") return Promise.reject(this.#state.reason);
    return new Promise((resolve, reject) => {
      this.#reads.push({ resolve, reject });
      this.#source.drained?.();
    });
  }

  async #abandon(reason: unknown): Promise<void> {
    if (this.#state.kind === "errored") throw this.#state.reason;
    if (this.#state.kind === "closed") return;
    this.#queue = [];
    this.#sink = null;
    this.#end();
    await this.#source.cancel?.(reason);
  }
}
Object.setPrototypeOf(PushStream.prototype, ReadableStream.prototype);

function ignore(): void {}

interface Attachment<Chunk> {
  read: () => Promise<ReadableStreamReadResult<Chunk>>;
  cancel: (reason: unknown) => Promise<void>;
  release: () => void;
}

class PushReader<Chunk> implements ReadableStreamDefaultReader<Chunk> {
  #attachment: Attachment<Chunk> | null;
  #closed: { promise: Promise<undefined>; resolve: () => void; reject: (reason: unknown) => void } | null =
    null;
  #ended: { failure: { reason: unknown } | null } | null = null;

  constructor(attachment: Attachment<Chunk>) {
    this.#attachment = attachment;
  }

  /** Made when somebody asks. */
  get closed(): Promise<undefined> {
    if (this.#closed === null) {
      let settle = { resolve: () => {}, reject: (_: unknown) => {} };
      const promise = new Promise<undefined>((resolve, reject) => {
        settle = { resolve: () => resolve(undefined), reject };
      });
      promise.catch(() => undefined);
      this.#closed = { promise, ...settle };
      if (this.#ended) this.end(this.#ended.failure);
    }
    return this.#closed.promise;
  }

  /** The stream has ended, by itself or with a failure. */
  end(failure: { reason: unknown } | null): void {
    this.#ended = { failure };
    if (failure === null) this.#closed?.resolve();
    else this.#closed?.reject(failure.reason);
  }

  read(): Promise<ReadableStreamReadResult<Chunk>> {
    return this.#attachment?.read() ?? Promise.reject(released());
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#attachment?.cancel(reason) ?? Promise.reject(released());
  }

  releaseLock(): void {
    this.#attachment?.release();
    this.#attachment = null;
  }
}

function released(): TypeError {
  return new TypeError("Invalid state: The reader is not attached to a stream");
}

/** For native APIs, which insist on a native stream. */
export function nativeStream<Chunk>(stream: ReadableStream<Chunk>): ReadableStream<Chunk> {
  return stream instanceof PushStream ? stream.native() : stream;
}
