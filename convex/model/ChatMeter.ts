import { NO_TOKENS } from "./anthropicUsage";
import type { Outcome } from "./outcome";
import { parseFrame } from "./sseFramer";
import type { StreamMeter, UsageOutcome } from "./usageMeter";
import type { Tokens } from "./validators";

const BYTES_PER_TOKEN = 2;
const encoder = new TextEncoder();
type JsonObject = Readonly<Record<string, unknown>>;

/** Reads the chunks of a chat completion: usage in OpenAI's shape, from the last chunk before `[DONE]`. */
export class ChatMeter implements StreamMeter {
  isComplete = false;
  error: { type: string; message: string } | null = null;
  firstDeltaAt: number | null = null;
  private usage: JsonObject | null = null;
  private servedModel: string | null = null;
  private stopReason: string | null = null;
  private deliveredBytes = 0;

  constructor(private readonly now: () => number) {}

  addFrame(bytes: Uint8Array, start: number, end: number): void {
    const { data } = parseFrame(bytes.subarray(start, end));
    if (data === "[DONE]") {
      this.isComplete = true;
      return;
    }
    const chunk = parseObject(data);
    this.usage = isObject(chunk.usage) ? chunk.usage : this.usage;
    this.servedModel = typeof chunk.model === "string" ? chunk.model : this.servedModel;
    if (isObject(chunk.error)) {
      const { type, message } = chunk.error;
      this.error = {
        type: String(type ?? "api_error"),
        message: String(message ?? "Claude reported an error."),
      };
    }
    for (const choice of Array.isArray(chunk.choices) ? chunk.choices.filter(isObject) : []) {
      this.addChoice(choice);
    }
  }

  private addChoice({ delta, finish_reason: finishReason }: JsonObject): void {
    this.stopReason = typeof finishReason === "string" ? finishReason : this.stopReason;
    const { content, tool_calls: toolCalls } = isObject(delta) ? delta : {};
    const text = typeof content === "string" ? content : "";
    const size = encoder.encode(text).length + (toolCalls ? JSON.stringify(toolCalls).length : 0);
    if (size > 0) {
      this.firstDeltaAt ??= this.now();
      this.deliveredBytes += size;
    }
  }

  usageOutcome(): UsageOutcome {
    const facts = {
      ...(this.servedModel !== null && { servedModel: this.servedModel }),
      ...(this.stopReason !== null && { stopReason: this.stopReason }),
    };
    if (this.usage) {
      return { usageSource: "reported", tokens: tokensOf(this.usage), ...facts };
    }
    const deliveredTokens = Math.ceil(this.deliveredBytes / BYTES_PER_TOKEN);
    return { usageSource: "estimated", ...(deliveredTokens > 0 && { deliveredTokens }), ...facts };
  }
}

/** What a whole chat completion tells about usage and success. */
export function chatOutcome(completion: JsonObject): Outcome {
  const { usage, model, choices } = completion;
  const [choice] = Array.isArray(choices) ? choices.filter(isObject) : [];
  const facts = {
    status: "succeeded" as const,
    ...(typeof model === "string" && { servedModel: model }),
    ...(typeof choice?.finish_reason === "string" && { stopReason: choice.finish_reason }),
  };
  return isObject(usage)
    ? { ...facts, usageSource: "reported", tokens: tokensOf(usage) }
    : { ...facts, usageSource: "estimated" };
}

/** `prompt_tokens` is all of the input; what was read from the cache is part of it. */
function tokensOf(usage: JsonObject): Tokens {
  const details = isObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  const prompt = count(usage.prompt_tokens);
  const cached = Math.min(prompt, count(details.cached_tokens));
  return {
    ...NO_TOKENS,
    inputTokens: prompt - cached,
    cacheReadInputTokens: cached,
    outputTokens: count(usage.completion_tokens),
  };
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function parseObject(data: string): JsonObject {
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) ? value : {};
  } catch {
    // A comment, or not JSON: the bytes go on as they are.
    return {};
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null;
}
