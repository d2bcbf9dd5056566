import { chooseTool, composeAnswer, composeThinking, exampleOf } from "./composeAnswer.ts";
import type { PromptCache } from "./PromptCache.ts";
import { countTextTokens, isObject, type MessagesRequest } from "./parseMessagesRequest.ts";
import type { Script } from "./script.ts";

export type PlannedBlock =
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: unknown };

export type Usage = Readonly<Record<string, unknown>>;

/** A whole answer, decided before its first byte is sent; streaming and not are two ways to send it. */
export interface PlannedMessage {
  readonly id: string;
  readonly model: string;
  readonly blocks: readonly PlannedBlock[];
  readonly stopReason: string;
  readonly stopSequence: string | null;
  readonly stopDetails: unknown;
  /** The truth: what the request cost, as the last `message_delta` or the JSON answer says. */
  readonly usage: Usage;
  /** The counters of `message_start`: complete, with a placeholder for the output. */
  readonly startUsage: Usage;
}

const shortestMessage = { text: "", stopReason: "end_turn", stopSequence: null } as const;

/** Decides the answer to a request: from its script where that speaks, else derived from the prompt. */
export function planMessage(
  request: MessagesRequest,
  script: Script,
  prompt: string,
  id: string,
  cache: PromptCache,
): PlannedMessage {
  const thinking = script.thinking ?? (request.isThinking ? composeThinking(prompt) : null);
  const thinkingTokens = thinking === null ? 0 : countTextTokens(thinking.length);
  const toolBlocks = planTools(request, script, prompt, id);
  const toolTokens = toolBlocks.reduce(
    (sum, block) => sum + countTextTokens(JSON.stringify(block.input).length),
    0,
  );
  const isBareToolCall = toolBlocks.length > 0 && script.text === undefined;
  const whole = isBareToolCall ? "" : (scriptedText(script) ?? composeAnswer(request, prompt));
  const hasScriptedCount = script.usage?.output_tokens !== undefined;
  const room = hasScriptedCount ? Number.POSITIVE_INFINITY : request.maxTokens - thinkingTokens - toolTokens;
  const ending =
    request.maxTokens === 0 && !hasScriptedCount
      ? shortestMessage
      : endText(whole, room, request.stopSequences);

  const blocks: PlannedBlock[] = [];
  if (thinking !== null) blocks.push({ type: "thinking", thinking, signature: `simulated-${id}` });
  if (ending.text !== "" || toolBlocks.length === 0) blocks.push({ type: "text", text: ending.text });
  blocks.push(...toolBlocks);

  const outputTokens = Math.max(1, countTextTokens(ending.text.length) + thinkingTokens + toolTokens);
  const usage = {
    ...inputUsage(request, cache),
    output_tokens: outputTokens,
    output_tokens_details: thinking === null ? null : { thinking_tokens: thinkingTokens },
    server_tool_use: null,
    service_tier: "standard",
    speed: request.speed,
    inference_geo: request.inferenceGeo,
    ...script.usage,
  };
  return {
    id,
    model: script.servedModel ?? request.model.id,
    blocks,
    stopReason: script.stopReason ?? (toolBlocks.length > 0 ? "tool_use" : ending.stopReason),
    stopSequence: script.stopSequence ?? ending.stopSequence,
    stopDetails: script.stopDetails ?? null,
    usage,
    startUsage: {
      ...usage,
      output_tokens: 1,
      output_tokens_details: null,
      server_tool_use: null,
      ...script.startUsage,
    },
  };
}

/** Anthropic's Message object of a planned answer. */
export function messageObject(plan: PlannedMessage): Record<string, unknown> {
  return {
    model: plan.model,
    id: plan.id,
    type: "message",
    role: "assistant",
    content: plan.blocks.map((block) => (block.type === "text" ? { ...block, citations: null } : block)),
    stop_reason: plan.stopReason,
    stop_sequence: plan.stopSequence,
    stop_details: plan.stopDetails,
    usage: plan.usage,
    container: null,
  };
}

function scriptedText(script: Script): string | null {
  return script.text === undefined ? null : script.text.repeat(script.repeat ?? 1);
}

function planTools(request: MessagesRequest, script: Script, prompt: string, id: string) {
  const scripted = script.toolUse === undefined ? [] : [script.toolUse].flat();
  const chosen = scripted.length > 0 || script.text !== undefined ? null : chooseTool(request, prompt);
  const calls: { name: string; input: unknown; id?: string | undefined }[] = chosen
    ? [{ name: chosen.name, input: exampleOf(chosen.inputSchema, prompt) }]
    : scripted;
  return calls.map((call, index) => ({
    type: "tool_use" as const,
    id: call.id ?? `toolu_${id.slice(4)}${index}`,
    name: call.name,
    input: call.input,
  }));
}

/** Cuts a text where a stop sequence or the token limit ends it, never inside a surrogate pair. */
function endText(text: string, tokens: number, stopSequences: readonly string[]) {
  let end = text.length;
  let stopReason = "end_turn";
  let stopSequence: string | null = null;
  for (const sequence of stopSequences) {
    const index = sequence === "" ? -1 : text.indexOf(sequence);
    if (index === -1 || index >= end) continue;
    end = index;
    stopReason = "stop_sequence";
    stopSequence = sequence;
  }
  const limit = Math.max(1, tokens) * 4;
  if (end > limit) {
    end = isLowSurrogate(text, limit) ? limit - 1 : limit;
    stopReason = "max_tokens";
    stopSequence = null;
  }
  return { text: text.slice(0, end), stopReason, stopSequence };
}

export function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function inputUsage(request: MessagesRequest, cache: PromptCache): Usage {
  const { cachedPrefix, inputTokens } = request;
  if (!cachedPrefix) {
    return {
      input_tokens: inputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    };
  }
  const readTokens = cache.read(cachedPrefix.identity, cachedPrefix.tokens, cachedPrefix.ttl);
  const createdTokens = cachedPrefix.tokens - readTokens;
  return {
    input_tokens: inputTokens - cachedPrefix.tokens,
    cache_creation_input_tokens: createdTokens,
    cache_read_input_tokens: readTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: cachedPrefix.ttl === "5m" ? createdTokens : 0,
      ephemeral_1h_input_tokens: cachedPrefix.ttl === "1h" ? createdTokens : 0,
    },
  };
}

/** The usage of a `message_delta`: cumulative, without the split, tier, speed and geography of `message_start`. */
export function deltaUsage(usage: Usage): Usage {
  const { cache_creation, service_tier, speed, inference_geo, ...rest } = usage;
  return isObject(rest) ? Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)) : {};
}
