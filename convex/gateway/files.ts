import { internal } from "../_generated/api";
import { upstreamConfig } from "./config";
import { admitFree, relayFree } from "./countTokens";
import { extractGatewayKey, hashSecret } from "./credentials";
import type { Exchange } from "./Exchange";
import { GatewayError } from "./GatewayError";
import { readCallersBody } from "./messages";
import { listOwned, ownedObject, readObject } from "./ownedObject";
import { BODY_BYTES_MAX } from "./readBody";

/** `POST /v1/files`: the upload goes on byte for byte; the file then belongs to the key. */
export async function uploadFile(exchange: Exchange): Promise<Response> {
  const keyHash = await hashSecret(extractGatewayKey(exchange.request));
  const body = await readCallersBody(exchange, { keyHash, bytesMax: BODY_BYTES_MAX });
  upstreamConfig();
  await admitFree(exchange, { keyHash, takesRate: true });
  const response = await relayFree(exchange, { path: "/v1/files", body });
  if (!response.ok) {
    return response;
  }
  const metadata = await response.text();
  const objectId = idOf(metadata);
  await exchange.ctx.runMutation(internal.upstreamObjects.record, {
    keyHash,
    kind: "file",
    objectId,
    metadata,
  });
  return new Response(metadata, response);
}

/** The id in the JSON of a created object. */
export function idOf(json: string): string {
  const { id } = JSON.parse(json) as { id?: unknown };
  if (typeof id !== "string") {
    throw new GatewayError(
      "api_error",
      "Claude's answer names no id, so the gateway cannot keep track of it.",
    );
  }
  return id;
}

/** `GET /v1/files`: the key's own files. */
export async function listFiles(exchange: Exchange): Promise<Response> {
  return await listOwned(
    exchange,
    "file",
    // Files that an answer made are known by their id only.
    async ({ objectId, metadata }) => metadata ?? (await readObject(exchange, pathOf(objectId))) ?? "{}",
  );
}

/** `GET /v1/files/{id}`. */
export async function getFile(exchange: Exchange, fileId: string): Promise<Response> {
  const { keyHash } = await ownedObject(exchange, fileId);
  const response = await relayFree(exchange, { path: pathOf(fileId) });
  return await forgetIfGone(exchange, { keyHash, fileId, response });
}

/** `GET /v1/files/{id}/content`. */
export async function downloadFile(exchange: Exchange, fileId: string): Promise<Response> {
  const { keyHash } = await ownedObject(exchange, fileId);
  const response = await relayFree(exchange, { path: `${pathOf(fileId)}/content` });
  return await forgetIfGone(exchange, { keyHash, fileId, response });
}

/** `DELETE /v1/files/{id}`. */
export async function deleteFile(exchange: Exchange, fileId: string): Promise<Response> {
  const { keyHash } = await ownedObject(exchange, fileId);
  const response = await relayFree(exchange, { path: pathOf(fileId), method: "DELETE" });
  if (response.ok) {
    await exchange.ctx.runMutation(internal.upstreamObjects.remove, { keyHash, objectId: fileId });
  }
  return await forgetIfGone(exchange, { keyHash, fileId, response });
}

/** A file that Claude does not know was deleted elsewhere: it is no longer anybody's. */
async function forgetIfGone(
  { ctx }: Exchange,
  { keyHash, fileId, response }: { keyHash: string; fileId: string; response: Response },
): Promise<Response> {
  if (response.status === 404) {
    await ctx.runMutation(internal.upstreamObjects.remove, { keyHash, objectId: fileId });
  }
  return response;
}

function pathOf(fileId: string): string {
  return `/v1/files/${encodeURIComponent(fileId)}`;
}
