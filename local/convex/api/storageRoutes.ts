import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Sha256MismatchError, type StoredFile } from "../storage/fileStore.ts";
import { ApiError } from "./apiError.ts";
import type { ApiContext, ApiRequest, RouteTable } from "./route.ts";

const FILE_PATH = "/api/storage/";
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Files never change: their URLs hold a random name. */
const CACHE_CONTROL = "private, max-age=2592000";

export const storageRoutes: RouteTable = { "POST /api/storage/upload": upload };

/** True for the address of a stored file. */
export function isFilePath(method: string, path: string): boolean {
  return (method === "GET" || method === "HEAD") && path.startsWith(FILE_PATH);
}

/** Sends a stored file, or one range of it. */
export async function serveFile(context: ApiContext, { url, message, response }: ApiRequest): Promise<void> {
  const uuid = url.pathname.slice(FILE_PATH.length);
  if (!UUID.test(uuid)) {
    throw new ApiError(
      400,
      "InvalidStoragePath",
      `Invalid storage path: ${JSON.stringify(uuid)}. Use \`storage.getUrl()\` for a URL to retrieve files.`,
    );
  }
  const { store, files } = context.host;
  const file = await store.read((reader) => files.findByUuid(reader, uuid));
  if (file === null) throw new ApiError(404, "FileNotFound", `File ${uuid} not found`);
  const range = parseRange(message.headers.range, file.size);
  if (range === "unsatisfiable") {
    response.writeHead(416, { "content-range": `bytes */${file.size}`, "content-length": 0 });
    response.end();
    return;
  }
  response.writeHead(range === null ? 200 : 206, headersOf(file, range));
  if (message.method === "HEAD" || file.size === 0) {
    response.end();
    return;
  }
  await pipeline(createReadStream(files.path(uuid), range ?? {}), response).catch((error: unknown) => {
    if (!response.destroyed) throw error;
  });
}

function headersOf(file: StoredFile, range: ByteRange | null): Record<string, string | number> {
  const shared = {
    ...(file.contentType === null ? {} : { "content-type": file.contentType }),
    "cache-control": CACHE_CONTROL,
    "accept-ranges": "bytes",
  };
  if (range === null) {
    return { ...shared, "content-length": file.size, digest: `sha-256=${file.sha256}` };
  }
  const { start, end } = range;
  return {
    ...shared,
    "content-length": end - start + 1,
    "content-range": `bytes ${start}-${end}/${file.size}`,
  };
}

interface ByteRange {
  start: number;
  /** Inclusive. */
  end: number;
}

/** Null when the whole file is asked for. Several ranges in one request are refused, as Convex does. */
function parseRange(header: string | undefined, size: number): ByteRange | "unsatisfiable" | null {
  if (header === undefined || !header.startsWith("bytes=")) return null;
  const match = /^bytes=\s*(\d*)-(\d*)$/.exec(header);
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return "unsatisfiable";
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? "unsatisfiable" : { start, end };
}

async function upload({ host }: ApiContext, { url, message }: ApiRequest): Promise<unknown> {
  const { files, store } = host;
  if (!files.isValidUploadToken(url.searchParams.get("token") ?? "")) {
    throw new ApiError(
      401,
      "InvalidUploadToken",
      "The upload URL is not valid or older than one hour; generate another one.",
    );
  }
  const digest = /^sha-256=(.+)$/i.exec(String(message.headers.digest ?? ""))?.[1];
  try {
    const written = await files.write(message, digest);
    const contentType = message.headers["content-type"] ?? null;
    const { result } = await store.transact((writer) => files.add(writer, written, contentType));
    return { storageId: result };
  } catch (error) {
    if (error instanceof Sha256MismatchError) throw new ApiError(400, "Sha256Mismatch", error.message);
    throw error;
  }
}
