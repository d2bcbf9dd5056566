import * as z from "zod/mini";
import { internal } from "../_generated/api";
import { BatchDemand } from "../model/BatchDemand";
import { jsonBytes } from "../model/jsonBytes";
import { Call } from "./Call";
import { callClaude, settleCall } from "./callClaude";
import { upstreamConfig } from "./config";
import { relayFree } from "./countTokens";
import { extractGatewayKey, hashSecret } from "./credentials";
import { type Exchange, queryOf } from "./Exchange";
import { idOf } from "./files";
import { admit } from "./ledger";
import { readCallersBody } from "./messages";
import { listOwned, ownedObject, readObject } from "./ownedObject";
import { checkShape, parseJson } from "./parseJson";
import { messagesDemand } from "./parseMessagesBody";
import { BODY_BYTES_MAX } from "./readBody";
import { answerHeaders, answerOutcome, readAnswer } from "./relay";
import { settleBatch } from "./settleBatch";
import { refuseOperatorFault, requestHeaders } from "./upstream";

const PATH = "/v1/messages/batches";
export const BATCH_ENDPOINT = `POST ${PATH}`;

export const batch = z.object({
  requests: z.array(z.object({ custom_id: z.string(), params: z.object({}) })).check(z.minLength(1)),
});

/**
 * `POST /v1/messages/batches`: all its requests are reserved now, at half price. Its row runs until a scheduled poll
 * finds that the batch has ended, whatever the client does meanwhile.
 */
export async function createBatch(exchange: Exchange): Promise<Response> {
  const { ctx, request, requestId } = exchange;
  const keyHash = await hashSecret(extractGatewayKey(request));
  const body = await readCallersBody(exchange, { keyHash, bytesMax: BODY_BYTES_MAX });
  const [demand, ...moreDemands] = demandsOf(body);
  upstreamConfig();
  const admission = await admit(ctx, {
    requestId,
    caller: { keyHash },
    source: "api",
    endpoint: BATCH_ENDPOINT,
    isStreaming: false,
    isDurable: true,
    demand: demand ?? { fallbackModels: [], cacheTtl: "none", webSearchUses: 0 },
    moreDemands,
  });
  // The operator's first key always: batches are read with the key that made them.
  const call = new Call(exchange, { ...admission, upstreamKeyIndex: 0 }, { isDurable: true });
  const upstream = await callClaude(call, {
    pathAndQuery: PATH + queryOf(request),
    headers: requestHeaders(request.headers),
    body,
  });
  const bytes = await readAnswer(call, upstream);
  if (!upstream.ok) {
    await settleCall(call, answerOutcome(upstream, bytes));
    refuseOperatorFault(upstream.status);
    return new Response(bytes, { status: upstream.status, headers: answerHeaders(call, upstream) });
  }
  await call.close();
  const metadata = new TextDecoder().decode(bytes);
  await ctx.runMutation(internal.batches.begin, {
    rowId: admission.rowId,
    objectId: idOf(metadata),
    metadata,
  });
  return new Response(withOwnResultsUrl(exchange, metadata), {
    status: upstream.status,
    headers: answerHeaders(call, upstream),
  });
}

function demandsOf(body: Uint8Array<ArrayBuffer>) {
  const { tree, cacheTtl } = parseJson(body);
  checkShape(batch, tree);
  const { requests } = tree as { requests: { params: unknown }[] };
  const demands = new BatchDemand(Date.now());
  for (const { params } of requests) {
    demands.add(messagesDemand(params, { bytes: jsonBytes(params), cacheTtl }));
  }
  return demands.all();
}

/** `GET /v1/messages/batches`: the key's own. Those that may have moved on are asked for. */
export async function listBatches(exchange: Exchange): Promise<Response> {
  return await listOwned(exchange, "batch", async ({ objectId, metadata, isSettled }) => {
    const known = isSettled ? metadata : undefined;
    return withOwnResultsUrl(
      exchange,
      known ?? (await readObject(exchange, pathOf(objectId))) ?? metadata ?? "{}",
    );
  });
}

/** `GET /v1/messages/batches/{id}` and `POST /v1/messages/batches/{id}/cancel`. */
export async function getBatch(exchange: Exchange, batchId: string): Promise<Response> {
  await ownedObject(exchange, batchId);
  return await presented(exchange, await relayFree(exchange, { path: pathOf(batchId) }));
}

export async function cancelBatch(exchange: Exchange, batchId: string): Promise<Response> {
  await ownedObject(exchange, batchId);
  const path = `${pathOf(batchId)}/cancel`;
  return await presented(exchange, await relayFree(exchange, { path, method: "POST" }));
}

/** `GET /v1/messages/batches/{id}/results`: JSON lines, byte for byte. */
export async function batchResults(exchange: Exchange, batchId: string): Promise<Response> {
  await ownedObject(exchange, batchId);
  return await relayFree(exchange, { path: `${pathOf(batchId)}/results` });
}

/** `DELETE /v1/messages/batches/{id}`: settled first, because its results tell what it cost. */
export async function deleteBatch(exchange: Exchange, batchId: string): Promise<Response> {
  const { keyHash, object } = await ownedObject(exchange, batchId);
  if (!object.isSettled) {
    await settleBatch(exchange.ctx, batchId);
  }
  const response = await relayFree(exchange, { path: pathOf(batchId), method: "DELETE" });
  if (response.ok) {
    await exchange.ctx.runMutation(internal.upstreamObjects.remove, { keyHash, objectId: batchId });
  }
  return response;
}

function pathOf(batchId: string): string {
  return `${PATH}/${encodeURIComponent(batchId)}`;
}

async function presented(exchange: Exchange, response: Response): Promise<Response> {
  return response.ok ? new Response(withOwnResultsUrl(exchange, await response.text()), response) : response;
}

/** SDKs fetch `results_url` with the key they have, so it must lead to the gateway and not to Anthropic. */
function withOwnResultsUrl({ request }: Exchange, json: string): string {
  const { origin } = new URL(request.url);
  return json.replace(/("results_url"\s*:\s*")https?:\/\/[^/"]+/, `$1${origin}`);
}
