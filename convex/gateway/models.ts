import { internal } from "../_generated/api";
import { findPricedModel, isSameModel } from "../model/pricing";
import { upstreamConfig } from "./config";
import { admitFree, relayFree } from "./countTokens";
import { extractGatewayKey, hashSecret } from "./credentials";
import type { Exchange } from "./Exchange";
import { GatewayError } from "./GatewayError";

/** `GET /v1/models`: Claude's list, without models that the gateway cannot meter or the key may not use. */
export async function listModels(exchange: Exchange): Promise<Response> {
  const isUsable = await usableModels(exchange);
  const response = await relayFree(exchange, { path: "/v1/models" });
  if (!response.ok) {
    return response;
  }
  const text = await response.text();
  const list = JSON.parse(text) as { data?: { id: string }[] };
  const usable = list.data?.filter((model) => isUsable(model.id));
  const isWhole = usable?.length === list.data?.length;
  return new Response(isWhole ? text : JSON.stringify({ ...list, data: usable }), response);
}

/** `GET /v1/models/{id}`. */
export async function getModel(exchange: Exchange, model: string): Promise<Response> {
  const isUsable = await usableModels(exchange);
  if (!isUsable(model)) {
    throw new GatewayError(
      "not_found_error",
      `This gateway does not offer ${model.slice(0, 100)}. GET /v1/models lists what it offers.`,
    );
  }
  return await relayFree(exchange, { path: `/v1/models/${encodeURIComponent(model)}` });
}

async function usableModels(exchange: Exchange): Promise<(id: string) => boolean> {
  const keyHash = await hashSecret(extractGatewayKey(exchange.request));
  upstreamConfig();
  const { allowedModels } = await admitFree(exchange, { keyHash, takesRate: false });
  const operatorPriced = await exchange.ctx.runQuery(internal.models.listOperatorPriced, {});
  return (id) =>
    (findPricedModel(id) !== null || operatorPriced.includes(id)) &&
    (!allowedModels || allowedModels.some((allowed) => isSameModel(allowed, id)));
}
