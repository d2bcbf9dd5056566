import { GatewayError } from "./GatewayError";
import { readStream } from "./readStream";

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
  try {
    return declaredBytes <= UNCHECKED_BODY_BYTES_MAX
      ? new Uint8Array(await request.arrayBuffer())
      : await readChecked(request, options);
  } catch (error) {
    throw request.signal.aborted
      ? new GatewayError("client_closed_request", "The client left before its request was complete.")
      : error;
  }
}

async function readChecked(
  request: Request,
  { bytesMax, checkCaller }: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  let isChecked = false;
  return await readStream(request.body, (totalBytes) => {
    if (totalBytes > bytesMax) {
      throw tooLarge(bytesMax);
    }
    if (totalBytes <= UNCHECKED_BODY_BYTES_MAX || isChecked) {
      return null;
    }
    isChecked = true;
    return checkCaller();
  });
}

function tooLarge(bytesMax: number): GatewayError {
  const reason =
    bytesMax === BODY_BYTES_MAX ? " (the limit of Convex HTTP actions; Anthropic's own is 32 MB)" : "";
  return new GatewayError(
    "request_too_large",
    `The request body is larger than ${bytesMax / 1024 / 1024} MiB${reason}. Send less, or give large files by URL.`,
  );
}
