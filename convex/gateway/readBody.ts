import { GatewayError } from "./GatewayError";

/** Convex's own limit for request bodies. */
export const BODY_BYTES_MAX = 20 * 1024 * 1024;
/** Larger bodies are read only after the key was looked up. */
const UNCHECKED_BODY_BYTES_MAX = 256 * 1024;

interface ReadOptions {
  bytesMax: number;
  /** Awaited once before more than 256 KiB are read; throws to refuse. */
  checkCaller: () => Promise<void>;
}

/** The body's bytes. Refuses compressed bodies (415) and too long ones (413) without reading them whole. */
export async function readBody(request: Request, options: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new GatewayError(
      "unsupported_media_type",
      `The request body is compressed (content-encoding: ${encoding.slice(0, 40)}). Send it uncompressed.`,
    );
  }
  const declaredBytes = Number(request.headers.get("content-length") ?? Number.NaN);
  if (declaredBytes > options.bytesMax) {
    throw tooLarge(options.bytesMax);
  }
  if (declaredBytes <= UNCHECKED_BODY_BYTES_MAX) {
    return new Uint8Array(await request.arrayBuffer());
  }
  return await readCounted(request, options);
}

async function readCounted(request: Request, options: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let totalBytes = 0;
  let isChecked = false;
  const reader = request.body?.getReader();
  for (;;) {
    const chunk = await reader?.read();
    if (!chunk || chunk.done) {
      return concat(chunks, totalBytes);
    }
    chunks.push(chunk.value);
    totalBytes += chunk.value.length;
    if (totalBytes > options.bytesMax) {
      throw tooLarge(options.bytesMax);
    }
    if (totalBytes > UNCHECKED_BODY_BYTES_MAX && !isChecked) {
      isChecked = true;
      await options.checkCaller();
    }
  }
}

function concat(chunks: Uint8Array<ArrayBuffer>[], totalBytes: number): Uint8Array<ArrayBuffer> {
  const [only] = chunks;
  if (only && chunks.length === 1) {
    return only;
  }
  const bytes = new Uint8Array(totalBytes);
  let offset = 0;
  for (const chunk of chunks.splice(0)) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function tooLarge(bytesMax: number): GatewayError {
  const reason =
    bytesMax === BODY_BYTES_MAX ? " (the limit of Convex HTTP actions; Anthropic's own is 32 MB)" : "";
  return new GatewayError(
    "request_too_large",
    `The request body is larger than ${bytesMax / 1024 / 1024} MiB${reason}. Send less, or give large files by URL.`,
  );
}
