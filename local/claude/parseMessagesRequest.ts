import { ApiError } from "./ApiError.ts";
import { type ClaudeModel, findModel } from "./models.ts";

type JsonObject = Readonly<Record<string, unknown>>;

export interface Tool {
  readonly name: string;
  readonly inputSchema: JsonObject;
}

/** The parts of a Messages request that decide the simulated answer. */
export interface MessagesRequest {
  readonly model: ClaudeModel;
  readonly maxTokens: number;
  readonly isStreaming: boolean;
  readonly system: string;
  readonly turns: number;
  /** Text of the last message, all its text blocks joined by a line break. */
  readonly prompt: string;
  readonly endsInToolResult: boolean;
  readonly images: number;
  readonly documents: number;
  readonly tools: readonly Tool[];
  /** `auto`, `any`, `none`, or the name of the one tool to call. */
  readonly toolChoice: { readonly type: string; readonly name: string | null };
  readonly isThinking: boolean;
  readonly stopSequences: readonly string[];
  readonly speed: string;
  readonly inferenceGeo: string;
  readonly inputTokens: number;
  /** Tokens up to the last `cache_control` mark, its lifetime, and what identifies the conversation it belongs to. */
  readonly cachedPrefix: {
    readonly tokens: number;
    readonly ttl: "5m" | "1h";
    readonly identity: string;
  } | null;
}

const imageTokens = 1_600;
const documentTokens = 3_000;
const requestOverheadTokens = 8;
const roles = new Set(["user", "assistant", "system"]);

/** Tokens of a text in the simulated tokenizer: one for every four UTF-16 units, at least one if there is any. */
export function countTextTokens(length: number): number {
  return Math.ceil(length / 4);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(message: string): never {
  throw new ApiError("invalid_request_error", message);
}

/**
 * Checks a request body as Anthropic does, in its wording; unknown fields are accepted. With `isCounting` the
 * body is one of `count_tokens`, which has no `max_tokens`.
 */
export function parseMessagesRequest(bodyText: string, betas: string, isCounting: boolean): MessagesRequest {
  const body = parseJson(bodyText);
  if (typeof body.model !== "string") refuse("model: Field required");
  if (!isCounting && body.max_tokens === undefined) refuse("max_tokens: Field required");
  const messages = body.messages;
  if (messages === undefined) refuse("messages: Field required");
  if (!Array.isArray(messages)) refuse("messages: Input should be a valid list");
  if (messages.length === 0) refuse("messages: at least one message is required");
  const model = findModel(body.model);
  const maxTokens = isCounting ? 1 : parseMaxTokens(body.max_tokens, model);

  const tally = new Tally();
  const system = tally.addContent(body.system ?? "", "system");
  const tools = parseTools(body.tools, tally);
  let prompt = "";
  let endsInToolResult = false;
  for (const [index, message] of messages.entries()) {
    const isLast = index === messages.length - 1;
    checkTurn(message, index, isLast);
    tally.endsInToolResult = false;
    prompt = tally.addContent(message.content, `messages.${index}.content`);
    endsInToolResult = tally.endsInToolResult;
  }
  const contextTokens = betas.includes("context-1m") ? 1_000_000 : model.max_input_tokens;
  if (tally.tokens > contextTokens) {
    refuse(`prompt is too long: ${tally.tokens} tokens > ${contextTokens} maximum`);
  }
  return {
    model,
    maxTokens,
    isStreaming: body.stream === true,
    system,
    turns: messages.length,
    prompt,
    endsInToolResult,
    images: tally.images,
    documents: tally.documents,
    tools,
    toolChoice: parseToolChoice(body.tool_choice),
    isThinking: parseThinking(body.thinking, maxTokens, isCounting),
    stopSequences: Array.isArray(body.stop_sequences)
      ? body.stop_sequences.filter((item) => typeof item === "string")
      : [],
    speed: typeof body.speed === "string" ? body.speed : "standard",
    inferenceGeo: typeof body.inference_geo === "string" ? body.inference_geo : "global",
    inputTokens: tally.tokens,
    cachedPrefix: tally.cachedPrefix(
      body.cache_control,
      () => `${model.id}\n${system}\n${JSON.stringify(messages[0])}`,
    ),
  };
}

function parseJson(text: string): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    refuse(`The request body is not valid JSON: ${reason}`);
  }
  if (!isObject(body)) refuse("The request body must be a JSON object");
  return body;
}

function parseMaxTokens(value: unknown, model: ClaudeModel): number {
  if (typeof value !== "number" || !Number.isInteger(value))
    refuse("max_tokens: Input should be a valid integer");
  if (value < 0) refuse("max_tokens: Input should be greater than or equal to 0");
  if (value > model.max_tokens) {
    refuse(
      `max_tokens: ${value} > ${model.max_tokens}, which is the maximum allowed number of output tokens for ${model.id}`,
    );
  }
  return value;
}

function checkTurn(message: unknown, index: number, isLast: boolean): asserts message is JsonObject {
  if (!isObject(message)) refuse(`messages.${index}: Input should be an object`);
  const { role, content } = message;
  if (typeof role !== "string") refuse(`messages.${index}.role: Field required`);
  if (!roles.has(role)) refuse(`messages.${index}.role: Input should be 'user', 'assistant' or 'system'`);
  if (index === 0 && role === "assistant") refuse('messages: first message must use the "user" role');
  if (content === undefined) refuse(`messages.${index}.content: Field required`);
  const isEmpty = content === "" || (Array.isArray(content) && content.length === 0);
  if (isEmpty && !(isLast && role === "assistant")) {
    refuse(
      `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
}

function parseTools(value: unknown, tally: Tally): readonly Tool[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) refuse("tools: Input should be a valid list");
  return value.map((tool: unknown, index) => {
    if (!isObject(tool)) refuse(`tools.${index}: Input should be an object`);
    if (typeof tool.name !== "string") refuse(`tools.${index}.name: Field required`);
    const isServerTool = typeof tool.type === "string" && tool.type !== "custom";
    if (!isServerTool && !isObject(tool.input_schema))
      refuse(`tools.${index}.custom.input_schema: Field required`);
    tally.addText(JSON.stringify(tool).length);
    tally.noteCacheControl(tool);
    return { name: tool.name, inputSchema: isObject(tool.input_schema) ? tool.input_schema : {} };
  });
}

function parseToolChoice(value: unknown): { type: string; name: string | null } {
  if (!isObject(value)) return { type: "auto", name: null };
  return {
    type: typeof value.type === "string" ? value.type : "auto",
    name: typeof value.name === "string" ? value.name : null,
  };
}

function parseThinking(value: unknown, maxTokens: number, isCounting: boolean): boolean {
  if (!isObject(value) || value.type === "disabled") return false;
  if (value.type !== "enabled") return true;
  const budget = value.budget_tokens;
  if (typeof budget !== "number") refuse("thinking.enabled.budget_tokens: Field required");
  if (budget < 1024) refuse("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
  if (!isCounting && budget >= maxTokens)
    refuse("`max_tokens` must be greater than `thinking.budget_tokens`.");
  return true;
}

/** Adds up tokens while content is walked once, and remembers the last `cache_control` mark. */
class Tally {
  tokens = requestOverheadTokens;
  images = 0;
  documents = 0;
  endsInToolResult = false;
  #cache: { tokens: number; ttl: "5m" | "1h" } | null = null;

  addText(length: number): void {
    this.tokens += countTextTokens(length);
  }

  noteCacheControl(block: JsonObject): void {
    if (!isObject(block.cache_control)) return;
    this.#cache = { tokens: this.tokens, ttl: block.cache_control.ttl === "1h" ? "1h" : "5m" };
  }

  /** Counts a string or a list of blocks and returns its text. */
  addContent(content: unknown, path: string): string {
    if (typeof content === "string") {
      this.addText(content.length);
      return content;
    }
    if (!Array.isArray(content)) refuse(`${path}: Input should be a valid list`);
    const texts: string[] = [];
    for (const [index, block] of content.entries()) {
      if (!isObject(block) || typeof block.type !== "string") refuse(`${path}.${index}.type: Field required`);
      const text = this.#addBlock(block, block.type, `${path}.${index}`);
      if (text !== null) texts.push(text);
      this.noteCacheControl(block);
    }
    return texts.join("\n");
  }

  #addBlock(block: JsonObject, type: string, path: string): string | null {
    if (type === "text") {
      if (typeof block.text !== "string") refuse(`${path}.text.text: Field required`);
      if (block.text === "") refuse("messages: text content blocks must be non-empty");
      this.addText(block.text.length);
      return block.text;
    }
    if (type === "image") {
      if (!isObject(block.source)) refuse(`${path}.image.source: Field required`);
      this.images++;
      this.tokens += imageTokens;
    } else if (type === "document") {
      if (!isObject(block.source)) refuse(`${path}.document.source: Field required`);
      this.documents++;
      this.tokens += documentTokens;
    } else if (type === "tool_result") {
      if (typeof block.tool_use_id !== "string") refuse(`${path}.tool_result.tool_use_id: Field required`);
      this.endsInToolResult = true;
      if (block.content !== undefined) this.addContent(block.content, `${path}.tool_result.content`);
    } else {
      this.addText(JSON.stringify(block).length);
    }
    return null;
  }

  cachedPrefix(topLevel: unknown, conversation: () => string): MessagesRequest["cachedPrefix"] {
    if (isObject(topLevel)) this.noteCacheControl({ cache_control: topLevel });
    return this.#cache && { ...this.#cache, identity: conversation() };
  }
}
