import type { Invocation } from "../host/invocation.ts";
import { argumentsOf, type Operation } from "../host/operation.ts";
import type { Reader, Writer } from "../store/types.ts";
import type { StoredFile } from "./fileStore.ts";

interface StorageArguments {
  storageId: string;
}

/** `ctx.storage` of queries, mutations and actions. */
export const storageOperations: Record<string, Operation> = {
  "1.0/storageGetUrl": async (invocation, argument) => {
    const file = await findFile(invocation, argument, "getUrl");
    return file && invocation.executor.files.url(file);
  },
  "1.0/storageGetMetadata": async (invocation, argument) => {
    const file = await findFile(invocation, argument, "getMetadata");
    if (file === null) return null;
    const { storageId, size, contentType } = file;
    return { storageId, sha256: hexOf(file.sha256), size, contentType };
  },
  "1.0/storageGenerateUploadUrl": (invocation) => {
    requireWritable(invocation, "generateUploadUrl");
    return invocation.executor.files.uploadUrl();
  },
  "1.0/storageDelete": async (invocation, argument) => {
    const { storageId } = argumentsOf<StorageArguments>(argument);
    requireWritable(invocation, "delete");
    await write(invocation, (writer) => invocation.executor.files.delete(writer, storageId));
    return null;
  },
  "1.0/storageStore": async (invocation, argument) => {
    const { blob, contentType, sha256 } = argumentsOf<{
      blob: string;
      contentType?: string;
      sha256?: string;
    }>(argument);
    requireWritable(invocation, "store");
    const options = { contentType: contentType || null, sha256 };
    return await store(invocation, oneChunk(Buffer.from(blob, "base64")), options);
  },
  "1.0/storageGet": async (invocation, argument) => {
    const file = await findFile(invocation, argument, "get");
    if (file === null) return null;
    const bytes = await invocation.executor.files.read(file);
    return { blob: bytes.toString("base64"), contentType: file.contentType };
  },
};

/** `ctx.storage.store` of an action: the blob itself, without base64. Resolves to its id. */
export async function storeBlob(invocation: Invocation, value: Record<string, unknown>): Promise<string> {
  const { blob, options } = value as { blob: unknown; options?: { sha256?: string } };
  if (!(blob instanceof Blob)) throw new Error("store() expects a Blob.");
  const chunks = blob.stream() as unknown as AsyncIterable<Uint8Array>;
  return store(invocation, chunks, { contentType: blob.type || null, sha256: options?.sha256 });
}

/** `ctx.storage.get` of an action. */
export async function getBlob(
  invocation: Invocation,
  { storageId }: Record<string, unknown>,
): Promise<Blob | null> {
  const file = await findFile(invocation, { storageId }, "get");
  if (file === null) return null;
  const bytes = await invocation.executor.files.read(file);
  return new Blob([Uint8Array.from(bytes)], { type: file.contentType ?? "" });
}

async function store(
  invocation: Invocation,
  chunks: AsyncIterable<Uint8Array>,
  { contentType, sha256 }: { contentType: string | null; sha256: string | undefined },
): Promise<string> {
  const { files } = invocation.executor;
  const written = await files.write(chunks, sha256);
  return write(invocation, (writer) => files.add(writer, written, contentType));
}

async function findFile(
  invocation: Invocation,
  argument: unknown,
  method: string,
): Promise<StoredFile | null> {
  const { storageId } = argumentsOf<StorageArguments>(argument);
  const { files, store } = invocation.executor;
  const find = (reader: Reader) => files.find(reader, storageId);
  try {
    return invocation.scope === null ? await store.read(find) : find(invocation.scope.reader);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(": ").slice(1).join(": ") : String(error);
    throw new Error(`Invalid argument \`storageId\` for \`storage.${method}\`: ${reason}`);
  }
}

/** In the running mutation, or in a transaction of its own for an action. */
async function write<T>(invocation: Invocation, body: (writer: Writer) => T): Promise<T> {
  const { scope, executor } = invocation;
  if (scope?.writer) return body(scope.writer);
  return (await executor.store.transact(body)).result;
}

function requireWritable({ scope }: Invocation, method: string): void {
  if (scope !== null && scope.writer === null) {
    throw new Error(`A query cannot call storage.${method}().`);
  }
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function hexOf(base64: string): string {
  return Buffer.from(base64, "base64").toString("hex");
}
