import {
  PRICE_TABLE,
  type PricedModel,
  type PriceInForce,
  type TokenPrices,
  WEB_SEARCH_PICO_USD,
} from "./priceTable";
import type { ServedAs, Tokens } from "./validators";

/** A model's price at an instant, with what else decides the worst case of a request. */
export interface ModelPrice extends PriceInForce {
  /** Names the table and the entry; kept on every row of the usage log. */
  priceVersion: string;
  contextTokens: number;
  maxOutputTokens: number;
}

/** The multiplier for fast mode where the model's own is unknown: the dearest one ever published. */
const FAST_PERCENT_UNKNOWN = 600;
const BATCH_PERCENT = 50;
const PICO_PER_NANO = 1_000n;
const DATE_SUFFIX = /-\d{8}$/;

const modelsById = new Map<string, PricedModel>(PRICE_TABLE.map((model) => [model.id, model]));

/** The table's model with exactly this id, or this id without its `-YYYYMMDD`; never a prefix match. */
export function findPricedModel(id: string): PricedModel | null {
  return modelsById.get(id) ?? modelsById.get(id.replace(DATE_SUFFIX, "")) ?? null;
}

/** Whether two model ids name the same model, one of them with a date. */
export function isSameModel(a: string, b: string): boolean {
  return a === b || a.replace(DATE_SUFFIX, "") === b || a === b.replace(DATE_SUFFIX, "");
}

/** Every price of the table as it is handed out, by its model's id. */
const pricesById = new Map<string, readonly ModelPrice[]>(
  PRICE_TABLE.map(({ id, prices, contextTokens, maxOutputTokens }) => [
    id,
    prices.map((price) => ({
      ...price,
      priceVersion: `builtin:${id}@${new Date(price.effectiveFrom).toISOString().slice(0, 10)}`,
      contextTokens,
      maxOutputTokens,
    })),
  ]),
);

/** The built-in price at an instant; before a model's first entry, the first. Null when the model has no price. */
export function builtInPrice(id: string, at: number): ModelPrice | null {
  const prices = pricesById.get(findPricedModel(id)?.id ?? "");
  return prices?.findLast((price) => price.effectiveFrom <= at) ?? prices?.[0] ?? null;
}

/** What an operator set with `admin:setPrice`, on top of what the table knows of the model. */
export function operatorPrice(
  row: TokenPrices & { _id: string; model: string; effectiveFrom: number },
): ModelPrice {
  const known = findPricedModel(row.model);
  return {
    inputPicoUsdPerToken: row.inputPicoUsdPerToken,
    cacheCreation5mPicoUsdPerToken: row.cacheCreation5mPicoUsdPerToken,
    cacheCreation1hPicoUsdPerToken: row.cacheCreation1hPicoUsdPerToken,
    cacheReadPicoUsdPerToken: row.cacheReadPicoUsdPerToken,
    outputPicoUsdPerToken: row.outputPicoUsdPerToken,
    effectiveFrom: row.effectiveFrom,
    usGeoPercent: known?.prices.at(-1)?.usGeoPercent ?? 100,
    fastPercent: known?.prices.at(-1)?.fastPercent,
    sources: "operator",
    priceVersion: `operator:${row._id}`,
    contextTokens: known?.contextTokens ?? 1_000_000,
    maxOutputTokens: known?.maxOutputTokens ?? 128_000,
  };
}

/** What one model did for a request, with its price. */
export interface PricedTokens {
  tokens: Tokens;
  price: PriceInForce;
  servedAs?: ServedAs; // absent: as the whole request
  isLongPrompt?: boolean; // absent: by the tokens
}

/** Integer nano-dollars: summed exactly in pico-dollars, rounded half up once. */
export function cost(tokens: Tokens, price: PriceInForce, servedAs: ServedAs): number {
  return costOfAll([{ tokens, price }], servedAs);
}

/** The cost of a request in which several models took part. */
export function costOfAll(parts: readonly PricedTokens[], servedAs: ServedAs): number {
  let scaledPicoUsd = 0n;
  for (const part of parts) {
    const { tokens, price } = part;
    const toolsPicoUsd = BigInt(tokens.webSearchRequests) * BigInt(WEB_SEARCH_PICO_USD);
    scaledPicoUsd +=
      tokensPicoUsd(part) * multiplier(price, part.servedAs ?? servedAs) + toolsPicoUsd * MULTIPLIER_ONE;
  }
  const scale = PICO_PER_NANO * MULTIPLIER_ONE;
  return Number((scaledPicoUsd + scale / 2n) / scale);
}

function tokensPicoUsd({ tokens, price, isLongPrompt }: PricedTokens): bigint {
  const promptTokens =
    tokens.inputTokens +
    tokens.cacheReadInputTokens +
    tokens.cacheCreation5mInputTokens +
    tokens.cacheCreation1hInputTokens;
  const isLong = isLongPrompt ?? promptTokens > (price.longPrompt?.aboveTokens ?? Number.POSITIVE_INFINITY);
  const rates = (isLong && price.longPrompt) || price;
  return (
    BigInt(tokens.inputTokens) * BigInt(rates.inputPicoUsdPerToken) +
    BigInt(tokens.cacheReadInputTokens) * BigInt(rates.cacheReadPicoUsdPerToken) +
    BigInt(tokens.cacheCreation5mInputTokens) * BigInt(rates.cacheCreation5mPicoUsdPerToken) +
    BigInt(tokens.cacheCreation1hInputTokens) * BigInt(rates.cacheCreation1hPicoUsdPerToken) +
    BigInt(tokens.outputTokens) * BigInt(rates.outputPicoUsdPerToken)
  );
}

/** Three percentages multiplied, each of 100. */
const MULTIPLIER_ONE = 1_000_000n;

/** Priced by what was served, not by what was asked for. */
function multiplier(price: PriceInForce, servedAs: ServedAs): bigint {
  return (
    BigInt(servedAs.speed === "fast" ? (price.fastPercent ?? FAST_PERCENT_UNKNOWN) : 100) *
    BigInt(servedAs.inferenceGeo === "us" ? price.usGeoPercent : 100) *
    BigInt(servedAs.serviceTier === "batch" ? BATCH_PERCENT : 100)
  );
}

/** Nano-dollars as exact decimal dollars without trailing zeros: 1500 is `0.0000015`. */
export function formatUsd(nanoUsd: number): string {
  const digits = String(Math.abs(nanoUsd)).padStart(10, "0");
  const fraction = digits.slice(-9).replace(/0+$/, "");
  return `${nanoUsd < 0 ? "-" : ""}${digits.slice(0, -9)}${fraction && `.${fraction}`}`;
}
