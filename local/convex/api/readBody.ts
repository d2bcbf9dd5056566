import type { IncomingMessage } from "node:http";
import { pipeline, Readable } from "node:stream";
import { createBrotliDecompress, createGunzip } from "node:zlib";
import { ApiError } from "./apiError.ts";

const MAX_BODY_BYTES = 200 * 1024 * 1024;

/** The request's body, decompressed (`br`, `gzip`). At most 200 MiB, as pushes may be that large. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoded(request)) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      throw new ApiError(413, "RequestTooLarge", `The request body is larger than ${MAX_BODY_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The request's body as JSON; an absent body reads as `{}`. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request);
  if (body.length === 0) {
    return {};
  }
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new ApiError(400, "BadJsonBody", "The request body is not valid JSON");
  }
}

function decoded(request: IncomingMessage): AsyncIterable<Buffer> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "br") {
    return pipeline(request, createBrotliDecompress(), ignoreError);
  }
  if (encoding === "gzip") {
    return pipeline(request, createGunzip(), ignoreError);
  }
  if (encoding === "identity") {
    return Readable.from(request);
  }
  throw new ApiError(415, "UnsupportedContentEncoding", `Content-Encoding ${encoding} is not supported`);
}

/** The reader of the pipeline's last stream sees the same error. */
function ignoreError(): void {}
