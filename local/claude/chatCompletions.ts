import { ApiError } from "./ApiError.ts";
import { isObject } from "./parseMessagesRequest.ts";
import { pause } from "./pause.ts";
import type { PlannedMessage } from "./planMessage.ts";
import type { Script } from "./script.ts";
import type { Outgoing } from "./sendAnswer.ts";

const DEFAULT_MAX_TOKENS = 4_096;
const DELTA_LENGTH = 24;

export interface ChatRequest {
  /** The same request in the shape of the Messages API. */
  readonly messagesBody: string;
  readonly isStreaming: boolean;
  readonly includeUsage: boolean;
}

/** Reads an OpenAI-style body as Anthropic's compatible endpoint does: system messages hoisted, unknown fields ignored. */
export function parseChatRequest(text: string): ChatRequest {
  const body: unknown = JSON.parse(text);
  if (!isObject(body) || !Array.isArray(body.messages)) {
    throw new ApiError("invalid_request_error", "messages: Field required");
  }
  const messages = body.messages.filter(isObject);
  const isSystem = ({ role }: Readonly<Record<string, unknown>>) => role === "system" || role === "developer";
  const system = messages.filter(isSystem).map(({ content }) => String(content));
  const streamOptions = isObject(body.stream_options) ? body.stream_options : {};
  return {
    messagesBody: JSON.stringify({
      model: body.model,
      max_tokens: body.max_completion_tokens ?? body.max_tokens ?? DEFAULT_MAX_TOKENS,
      ...(system.length > 0 && { system: system.join("\n") }),
      messages: messages.filter((message) => !isSystem(message)),
      stream: body.stream,
    }),
    isStreaming: body.stream === true,
    includeUsage: streamOptions.include_usage === true,
  };
}

/** The answer as one completion. */
export function chatCompletion(plan: PlannedMessage): string {
  const message = { role: "assistant", content: textOf(plan) };
  return JSON.stringify({
    ...common(plan, "chat.completion"),
    choices: [{ index: 0, message, finish_reason: finishReason(plan) }],
    usage: chatUsage(plan),
  });
}

/** The answer as chunks; the last one but `[DONE]` has the usage, if it was asked for. */
export function* chatChunks(plan: PlannedMessage, includeUsage: boolean): Generator<string> {
  const chunk = (fields: object) =>
    `data: ${JSON.stringify({ ...common(plan, "chat.completion.chunk"), ...fields })}\n\n`;
  const choice = (delta: object, finish: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  yield chunk(choice({ role: "assistant", content: "" }));
  const text = textOf(plan);
  for (let start = 0; start < text.length; start += DELTA_LENGTH) {
    yield chunk(choice({ content: text.slice(start, start + DELTA_LENGTH) }));
  }
  yield chunk(choice({}, finishReason(plan)));
  if (includeUsage) yield chunk({ choices: [], usage: chatUsage(plan) });
  yield "data: [DONE]\n\n";
}

function common({ id, model }: PlannedMessage, object: string) {
  return { id, object, created: 1_764_000_000, model };
}

function textOf(plan: PlannedMessage): string {
  return plan.blocks.map((block) => (block.type === "text" ? block.text : "")).join("");
}

function finishReason({ stopReason }: PlannedMessage): string {
  return stopReason === "max_tokens" ? "length" : stopReason === "tool_use" ? "tool_calls" : "stop";
}

function chatUsage({ usage }: PlannedMessage) {
  const count = (value: unknown) => (typeof value === "number" ? value : 0);
  const prompt =
    count(usage.input_tokens) +
    count(usage.cache_read_input_tokens) +
    count(usage.cache_creation_input_tokens);
  const completion = count(usage.output_tokens);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** Sends chunks, paced by `deltaMs` and cut after `cutAfterDeltas` of them if a script says so. */
export async function sendChunks(out: Outgoing, chunks: Iterable<string>, script: Script): Promise<void> {
  const { response, entry, journal, signal } = out;
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", ...out.headers });
  entry.status = 200;
  entry.firstByteAt = Date.now();
  for (const chunk of chunks) {
    if (signal.aborted) return;
    if (script.cutAfterDeltas !== undefined && entry.deltasSent > script.cutAfterDeltas) {
      journal.end(entry, "faulted");
      response.end();
      return;
    }
    entry.deltasSent++;
    entry.bytesSent += Buffer.byteLength(chunk);
    response.write(chunk);
    await pause(script.deltaMs ?? out.deltaMs, signal);
  }
  response.end();
}
