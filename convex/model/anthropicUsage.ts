import type { ServedAs, Tokens } from "./validators";

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

/** The disjoint counters of one answer. Compaction iterations are not in the totals, so they are added. */
export function tokensOf(usage: UsageObject): Tokens {
  const tokens = countersOf(usage);
  if (Array.isArray(usage.iterations)) {
    for (const iteration of usage.iterations) {
      if (isObject(iteration) && iteration.type === "compaction") {
        addTokens(tokens, countersOf(iteration));
      }
    }
  }
  return tokens;
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
    ...(typeof usage.service_tier === "string" && { serviceTier: usage.service_tier }),
    ...(typeof usage.speed === "string" && { speed: usage.speed }),
    ...(typeof usage.inference_geo === "string" && { inferenceGeo: usage.inference_geo }),
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

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
