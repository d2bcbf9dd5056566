import type { Charge, ServedAs, Tokens } from "./validators";

/** Anthropic's usage object, kept open: only the fields that change the bill are read. */
export type UsageObject = Readonly<Record<string, unknown>>;

/**
 * Lays a `message_delta`'s cumulative usage over `message_start`'s: what the delta reports replaces,
 * what it leaves out or sends as null (the 5m/1h split, tier, speed, geo) stays.
 */
export function overlayUsage(start: UsageObject, delta: UsageObject): UsageObject {
  const overlaid: Record<string, unknown> = { ...start };
  for (const [field, value] of Object.entries(delta)) {
    if (value !== null && value !== undefined) {
      overlaid[field] = value;
    }
  }
  return overlaid;
}

/** What an answer is billed for. */
export interface BilledUsage {
  /** Everything together. */
  tokens: Tokens;
  /** By model, where more than the totals at the answering model's price is billed. */
  charges: Charge[] | undefined;
  /** A model that took over during the answer. */
  fallbackModel: string | undefined;
}

/**
 * Anthropic's totals leave out compaction (the answering model's price) and advisors (their own price). A turn
 * that a fallback model finished is billed by its iterations if they add up to the totals.
 */
export function billedUsageOf(usage: UsageObject): BilledUsage {
  const totals = countersOf(usage);
  const iterations = (Array.isArray(usage.iterations) ? usage.iterations : []).filter(isObject);
  const fallback = iterations.find((iteration) => iteration.type === "fallback_message");
  const fallbackModel = typeof fallback?.model === "string" ? fallback.model : undefined;
  const charges = [
    ...(fallback ? fallbackCharges(iterations, totals) : [{ tokens: totals }]),
    ...iterations
      .filter(({ type }) => type === "compaction" || type === "advisor_message")
      .map((iteration) => chargeOf(iteration)),
  ];
  const tokens = { ...NO_TOKENS };
  for (const charge of charges) {
    addTokens(tokens, charge.tokens);
  }
  return { tokens, charges: charges.length > 1 ? charges : undefined, fallbackModel };
}

function fallbackCharges(iterations: UsageObject[], totals: Tokens): Charge[] {
  const turns = iterations
    .filter(({ type }) => type === "message" || type === "fallback_message")
    .map((iteration) => chargeOf(iteration));
  const sum = { ...NO_TOKENS, webSearchRequests: totals.webSearchRequests };
  for (const { tokens } of turns) {
    addTokens(sum, tokens);
  }
  const [first, ...others] = turns;
  return first && isEqual(sum, totals)
    ? [{ ...first, tokens: { ...first.tokens, webSearchRequests: totals.webSearchRequests } }, ...others]
    : [{ tokens: totals }];
}

function chargeOf(iteration: UsageObject): Charge {
  return {
    ...(typeof iteration.model === "string" && { model: iteration.model }),
    tokens: countersOf(iteration),
  };
}

function isEqual(a: Tokens, b: Tokens): boolean {
  return (
    a.inputTokens === b.inputTokens &&
    a.cacheReadInputTokens === b.cacheReadInputTokens &&
    a.cacheCreation5mInputTokens === b.cacheCreation5mInputTokens &&
    a.cacheCreation1hInputTokens === b.cacheCreation1hInputTokens &&
    a.outputTokens === b.outputTokens
  );
}

function countersOf(usage: UsageObject): Tokens {
  const split = isObject(usage.cache_creation) ? usage.cache_creation : {};
  const creation1h = count(split.ephemeral_1h_input_tokens);
  const creation5m = count(split.ephemeral_5m_input_tokens);
  const creation = Math.max(count(usage.cache_creation_input_tokens), creation1h + creation5m);
  return {
    inputTokens: count(usage.input_tokens),
    cacheReadInputTokens: count(usage.cache_read_input_tokens),
    cacheCreation5mInputTokens: creation - creation1h,
    cacheCreation1hInputTokens: creation1h,
    outputTokens: count(usage.output_tokens),
    webSearchRequests: isObject(usage.server_tool_use) ? count(usage.server_tool_use.web_search_requests) : 0,
  };
}

export function servedAsOf(usage: UsageObject): ServedAs {
  return {
    serviceTier: textOf(usage.service_tier),
    speed: textOf(usage.speed),
    inferenceGeo: textOf(usage.inference_geo),
  };
}

/** Adds `more` to `tokens` in place. */
export function addTokens(tokens: Tokens, more: Tokens): void {
  tokens.inputTokens += more.inputTokens;
  tokens.cacheReadInputTokens += more.cacheReadInputTokens;
  tokens.cacheCreation5mInputTokens += more.cacheCreation5mInputTokens;
  tokens.cacheCreation1hInputTokens += more.cacheCreation1hInputTokens;
  tokens.outputTokens += more.outputTokens;
  tokens.webSearchRequests += more.webSearchRequests;
}

export const NO_TOKENS: Readonly<Tokens> = {
  inputTokens: 0,
  cacheReadInputTokens: 0,
  cacheCreation5mInputTokens: 0,
  cacheCreation1hInputTokens: 0,
  outputTokens: 0,
  webSearchRequests: 0,
};

/** A counter that is absent, null, negative or not a whole number counts as nothing. */
function count(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
