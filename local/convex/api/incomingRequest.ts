import { MapHeaders } from "../host/mapHeaders.ts";

/** What an IncomingRequest is made of. */
export interface RequestParts {
  url: string;
  method: string;
  /** Names and values in turn, as Node gives them. */
  rawHeaders: readonly string[];
  body: Uint8Array | ReadableStream<Uint8Array> | null;
}

/**
 * The `Request` of an HTTP action. It does what the native one does, and is one for `instanceof`, but makes the
 * expensive parts (headers, signal, streams) only when they are asked for: most actions read a header and the text of
 * a small body. Whatever goes beyond that is left to a native Request, made from the same parts (`native`).
 */
export class IncomingRequest implements Request {
  readonly url: string;
  readonly method: string;
  readonly #rawHeaders: readonly string[];
  readonly #source: Uint8Array | ReadableStream<Uint8Array> | null;
  #headers: Headers | null = null;
  #abort: AbortController | null = null;
  #isAborted = false;
  #isSourceUsed = false;
  #native: Request | null = null;

  constructor({ url, method, rawHeaders, body }: RequestParts) {
    this.url = url;
    this.method = method;
    this.#rawHeaders = rawHeaders;
    this.#source = body;
  }

  get headers(): Headers {
    this.#headers ??= MapHeaders.fromRaw(this.#rawHeaders);
    return this.#headers;
  }

  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.#isAborted) {
        this.#abort.abort();
      }
    }
    return this.#abort.signal;
  }

  /** The client has left: `signal` aborts. */
  abort(): void {
    this.#isAborted = true;
    this.#abort?.abort();
  }

  /** A native Request with the same parts; it shares the body. */
  native(): Request {
    if (this.#native === null) {
      const init = { method: this.method, headers: this.headers, signal: this.signal };
      const body = this.#source;
      this.#native = new Request(
        this.url,
        body === null ? init : ({ ...init, body, duplex: "half" } as RequestInit),
      );
      if (this.#isSourceUsed) {
        void this.#native.arrayBuffer();
      }
    }
    return this.#native;
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#source === null ? null : this.native().body;
  }

  get bodyUsed(): boolean {
    return this.#isSourceUsed || (this.#native?.bodyUsed ?? false);
  }

  async text(): Promise<string> {
    const bytes = this.#takeBytes();
    return bytes === null ? await this.native().text() : new TextDecoder().decode(bytes);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = this.#takeBytes();
    if (bytes === null) return await this.native().arrayBuffer();
    const isWholeBuffer = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
    return isWholeBuffer ? bytes.buffer : new Uint8Array(bytes).buffer;
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer());
  }

  blob(): Promise<Blob> {
    return this.native().blob();
  }

  formData(): Promise<FormData> {
    return this.native().formData();
  }

  clone(): Request {
    return this.native().clone();
  }

  get cache(): RequestCache {
    return this.native().cache;
  }
  get credentials(): RequestCredentials {
    return this.native().credentials;
  }
  get destination(): RequestDestination {
    return this.native().destination;
  }
  get integrity(): string {
    return this.native().integrity;
  }
  get keepalive(): boolean {
    return this.native().keepalive;
  }
  get mode(): RequestMode {
    return this.native().mode;
  }
  get redirect(): RequestRedirect {
    return this.native().redirect;
  }
  get referrer(): string {
    return this.native().referrer;
  }
  get referrerPolicy(): ReferrerPolicy {
    return this.native().referrerPolicy;
  }

  /** The body when it is there as a whole and nobody has touched it; it counts as used then. */
  #takeBytes(): Uint8Array | null {
    if (this.#native !== null) {
      return null;
    }
    if (this.#isSourceUsed) {
      throw new TypeError("Body is unusable: Body has already been read");
    }
    if (this.#source === null) {
      return new Uint8Array(0);
    }
    if (this.#source instanceof Uint8Array) {
      this.#isSourceUsed = true;
      return this.#source;
    }
    return null;
  }
}
Object.setPrototypeOf(IncomingRequest.prototype, Request.prototype);
