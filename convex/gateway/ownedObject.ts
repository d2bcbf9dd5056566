import { internal } from "../_generated/api";
import type { ObjectKind } from "../model/validators";
import type { OwnedObject } from "../upstreamObjects";
import { upstreamConfig } from "./config";
import { extractGatewayKey, hashSecret } from "./credentials";
import { type Exchange, gatewayHeaders } from "./Exchange";
import { GatewayError } from "./GatewayError";
import { refusalError } from "./refusalError";
import { fetchUpstream, requestHeaders } from "./upstream";

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 1_000;

/** The caller's object of this id. Throws 404 for ids of others, exactly as for ids that never were. */
export async function ownedObject(
  exchange: Exchange,
  objectId: string,
): Promise<{ keyHash: string; object: OwnedObject }> {
  const keyHash = await hashSecret(extractGatewayKey(exchange.request));
  upstreamConfig();
  const found = await exchange.ctx.runQuery(internal.upstreamObjects.get, {
    keyHash,
    objectId,
    now: Date.now(),
  });
  if (!found.ok) {
    throw refusalError(found.refusal);
  }
  if (found.object === null) {
    throw foreignObjectError(objectId);
  }
  return { keyHash, object: found.object };
}

export function foreignObjectError(objectId: string): GatewayError {
  return new GatewayError(
    "not_found_error",
    `${objectId.slice(0, 80)} was not created through this gateway with this key.`,
  );
}

/** The caller's objects of a kind, as a page in Anthropic's form; `present` gives each its JSON text. */
export async function listOwned(
  exchange: Exchange,
  kind: ObjectKind,
  present: (object: OwnedObject) => Promise<string> | string,
): Promise<Response> {
  const keyHash = await hashSecret(extractGatewayKey(exchange.request));
  const { searchParams } = new URL(exchange.request.url);
  if (searchParams.has("scope_id")) {
    throw new GatewayError("invalid_request_error", "scope_id: the gateway keeps no scopes. Leave it out.");
  }
  const isById = searchParams.has("ids") || searchParams.has("ids[]");
  const limit = Number(searchParams.get("limit") ?? (isById ? LIMIT_MAX : LIMIT_DEFAULT));
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new GatewayError("invalid_request_error", `limit: Input should be between 1 and ${LIMIT_MAX}`);
  }
  const page = await exchange.ctx.runQuery(internal.upstreamObjects.list, {
    keyHash,
    kind,
    limit,
    afterId: searchParams.get("after_id") ?? searchParams.get("page") ?? undefined,
    beforeId: searchParams.get("before_id") ?? undefined,
    now: Date.now(),
  });
  if (!page.ok) {
    throw refusalError(page.refusal);
  }
  const ids = searchParams.getAll("ids").concat(searchParams.getAll("ids[]"));
  const objects =
    ids.length > 0 ? page.objects.filter(({ objectId }) => ids.includes(objectId)) : page.objects;
  const hasMore = ids.length === 0 && page.hasMore;
  const data = await Promise.all(objects.map(present));
  const id = (object: OwnedObject | undefined) => JSON.stringify(object?.objectId ?? null);
  // Anthropic's two kinds of cursor: batches are paged by ids, files by `next_page`.
  const ends = `"first_id":${id(objects[0])},"last_id":${id(objects.at(-1))}`;
  const next = `"has_more":${hasMore},"next_page":${hasMore ? id(objects.at(-1)) : null}`;
  return new Response(`{"data":[${data.join(",")}],${next},${ends}}`, {
    headers: { ...gatewayHeaders(exchange.requestId), "content-type": "application/json" },
  });
}

/** What Claude says of an object now; null when it does not. */
export async function readObject({ request }: Exchange, path: string): Promise<string | null> {
  const headers = requestHeaders(request.headers);
  const upstream = await fetchUpstream(path, { method: "GET", headers, signal: request.signal });
  return upstream.ok ? await upstream.text() : null;
}
