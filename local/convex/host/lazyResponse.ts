import { IncomingBody } from "./incomingBody.ts";
import { MapHeaders } from "./mapHeaders.ts";
import { nativeStream } from "./pushStream.ts";

const NULL_BODY_STATUSES = [101, 103, 204, 205, 304];
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The `Response` of functions. It does what the native one does, and is one for `instanceof`, but makes no stream for a body
 * that nobody reads as one: most answers are written, or read, whole. What goes beyond that is left to a native Response.
 */
export class LazyResponse implements Response {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly url: string;
  readonly redirected = false;
  readonly type = "default";
  #source: Uint8Array<ArrayBuffer> | IncomingBody | ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
  #native: Response | null = null;
  #isUsed = false;

  constructor(
    body?: BodyInit | IncomingBody | null,
    init: { status?: number; statusText?: string; headers?: HeadersInit; url?: string } = {},
  ) {
    this.status = init.status ?? 200;
    this.statusText = init.statusText ?? "";
    this.url = init.url ?? "";
    this.headers = new MapHeaders(init.headers);
    if (!Number.isInteger(this.status) || this.status < 200 || this.status > 599) {
      throw new RangeError(`Response status ${this.status} is not between 200 and 599.`);
    }
    if (body !== null && body !== undefined) this.#take(body);
  }

  static json(value: unknown, init?: ResponseInit): Response {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError("Value is not JSON serializable");
    const headers = new MapHeaders(init?.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new LazyResponse(text, { ...init, headers });
  }

  static redirect(url: string | URL, status?: number): Response {
    return Response.redirect(url, status);
  }

  static error(): Response {
    return Response.error();
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get bodyUsed(): boolean {
    return this.#isUsed || (this.#native?.bodyUsed ?? false);
  }

  /** Bytes of a body that is there as a whole; null for streams and for no body. */
  get wholeLength(): number | null {
    return this.#source instanceof Uint8Array ? this.#source.byteLength : null;
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#native === null && this.#source instanceof IncomingBody && !this.#isUsed) {
      this.#source = this.#source.stream();
    }
    if (this.#native === null && this.#source instanceof ReadableStream) return this.#source;
    return this.#source === null && this.#native === null ? null : this.#asNative().body;
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#native !== null || this.#source instanceof ReadableStream) {
      return new Uint8Array(await this.#asNative().arrayBuffer());
    }
    if (this.#isUsed) throw new TypeError("Body is unusable: Body has already been read");
    this.#isUsed = this.#source !== null;
    return this.#source instanceof IncomingBody
      ? await this.#source.collect()
      : (this.#source ?? new Uint8Array());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes();
    return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : new Uint8Array(bytes).buffer;
  }

  async text(): Promise<string> {
    return decoder.decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  blob(): Promise<Blob> {
    return this.#asNative().blob();
  }

  formData(): Promise<FormData> {
    return this.#asNative().formData();
  }

  clone(): Response {
    return this.#asNative().clone();
  }

  /** The body if it is there as a whole and untouched, for a host that writes it at once; counts as used then. */
  takeWhole(): Uint8Array | null {
    if (this.#native !== null || this.#isUsed || !(this.#source instanceof Uint8Array)) return null;
    this.#isUsed = true;
    return this.#source;
  }

  #take(body: BodyInit | IncomingBody): void {
    if (NULL_BODY_STATUSES.includes(this.status)) {
      throw new TypeError(`Response with status ${this.status} cannot have a body.`);
    }
    if (body instanceof IncomingBody || body instanceof ReadableStream) this.#source = body;
    else if (typeof body === "string") {
      this.#source = encoder.encode(body);
      if (!this.headers.has("content-type")) this.headers.set("content-type", "text/plain;charset=UTF-8");
    } else if (body instanceof ArrayBuffer) this.#source = new Uint8Array(body);
    else if (ArrayBuffer.isView(body)) {
      this.#source = new Uint8Array(body.byteLength);
      this.#source.set(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
    } else {
      this.#native = new Response(body);
      const type = this.#native.headers.get("content-type");
      if (type !== null && !this.headers.has("content-type")) this.headers.set("content-type", type);
    }
  }

  #asNative(): Response {
    if (this.#native === null) {
      const source = this.#source instanceof IncomingBody ? this.#source.stream() : this.#source;
      const body = source instanceof ReadableStream ? nativeStream(source) : source;
      const { status, statusText, headers } = this;
      this.#native = new Response(body, { status, statusText, headers });
      if (this.#isUsed) void this.#native.arrayBuffer();
    }
    return this.#native;
  }
}
Object.setPrototypeOf(LazyResponse.prototype, Response.prototype);
