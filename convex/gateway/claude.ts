import * as z from "zod/mini";
import type { Demand } from "../model/reservation";
import { Call } from "./Call";
import { upstreamConfig } from "./config";
import { extractGatewayKey, hashSecret } from "./credentials";
import type { Exchange } from "./Exchange";
import { GatewayError } from "./GatewayError";
import { type AdmitRequest, admit } from "./ledger";
import { readCallersBody } from "./messages";
import { checkShape, decodeText, PARSED_BYTES_MAX, parseJson } from "./parseJson";
import { relay } from "./relay";
import { retryOf } from "./retryOf";
import { type StreamOutput, sseOutput, textOutput } from "./StreamOutput";
import type { HeaderRecord } from "./upstream";

const ANTHROPIC_VERSION = "2023-06-01";
const OPEN_BRACE = 0x7b;

export const prompted = z.object({
  prompt: z.string().check(z.minLength(1)),
  system: z.optional(z.string()),
  model: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
  max_tokens: z.optional(z.int().check(z.positive())),
});
export type Prompt = z.output<typeof prompted>;

/** `POST /claude`: a prompt in, text out; JSON or events for who asks for them. */
export async function claude(exchange: Exchange): Promise<Response> {
  const { request, requestId } = exchange;
  const keyHash = await hashSecret(extractGatewayKey(request));
  const body = await readCallersBody(exchange, { keyHash, bytesMax: PARSED_BYTES_MAX });
  const prompt = readPrompt(body);
  const answer = answerFor(request.headers.get("accept"), requestId);
  upstreamConfig();
  const asked: AdmitRequest = {
    requestId,
    caller: { keyHash },
    source: "api",
    endpoint: "POST /claude",
    isStreaming: answer.isStreaming,
    isDurable: false,
    demand: promptDemand(prompt, body.length),
  };
  const admission = await admit(exchange.ctx, asked);
  const call = new Call(exchange, admission, { isDurable: false, retry: retryOf(exchange, asked) });
  const { model, maxTokens } = admission;
  return await relay(
    call,
    {
      pathAndQuery: "/v1/messages",
      headers: messagesHeaders(),
      body: new TextEncoder().encode(
        JSON.stringify({
          model,
          max_tokens: maxTokens,
          ...(prompt.system !== undefined && { system: prompt.system }),
          messages: [{ role: "user", content: prompt.prompt }],
          stream: answer.isStreaming,
        }),
      ),
    },
    answer.output,
  );
}

export function messagesHeaders(): HeaderRecord {
  return { "content-type": "application/json", "anthropic-version": ANTHROPIC_VERSION };
}

/** Worst case of a plain prompt: two bytes a token, no media. */
export function promptDemand(prompt: { model?: string; max_tokens?: number }, promptBytes: number): Demand {
  return {
    ...(prompt.model !== undefined && { model: prompt.model }),
    ...(prompt.max_tokens !== undefined && { maxTokens: prompt.max_tokens }),
    fallbackModels: [],
    inputTokens: Math.ceil(promptBytes / 2) + PROMPT_OVERHEAD_TOKENS,
    cacheTtl: "none",
    webSearchUses: 0,
  };
}

/** What the Messages format adds around a short prompt. */
const PROMPT_OVERHEAD_TOKENS = 50;

/** A body that starts with `{` is JSON whatever its content type; any other is the prompt. */
function readPrompt(body: Uint8Array): Prompt {
  const start = body.findIndex((byte) => byte > 0x20);
  if (start === -1) {
    throw new GatewayError(
      "invalid_request_error",
      'The prompt is empty. Send it as the body, for instance `curl -N -H "Authorization: Bearer ccg_live_…" --data "Hello" …/claude`.',
    );
  }
  if (body[start] !== OPEN_BRACE) {
    return { prompt: decodeText(body) };
  }
  return checkShape(prompted, parseJson(body).tree);
}

function answerFor(accept: string | null, requestId: string): { isStreaming: boolean; output: StreamOutput } {
  const types = (accept ?? "*/*").toLowerCase();
  if (types.includes("text/event-stream")) {
    return { isStreaming: true, output: sseOutput(requestId) };
  }
  if (types.includes("application/json") && !types.includes("text/plain")) {
    return { isStreaming: false, output: sseOutput(requestId) };
  }
  return { isStreaming: true, output: textOutput(requestId) };
}
