import * as z from "zod/mini";
import { ChatMeter, chatOutcome } from "../model/ChatMeter";
import { findPricedModel } from "../model/pricing";
import type { Demand } from "../model/reservation";
import { Call } from "./Call";
import { chatOutput } from "./chatOutput";
import { upstreamConfig } from "./config";
import { extractGatewayKey, hashSecret } from "./credentials";
import { type Exchange, queryOf } from "./Exchange";
import { type AdmitRequest, admit } from "./ledger";
import { readCallersBody } from "./messages";
import { checkShape, parseJson } from "./parseJson";
import { BODY_BYTES_MAX } from "./readBody";
import { relay } from "./relay";
import { retryOf } from "./retryOf";
import { requestHeaders } from "./upstream";

const PATH = "/v1/chat/completions";
const BYTES_PER_TOKEN = 2;
const IMAGE_TOKENS = 5_000;
/** Without a limit Claude may write as much as the model can. */
const MAX_TOKENS_UNKNOWN = 128_000;
const CLOSE_BRACE = 0x7d;
const ASK_FOR_USAGE = new TextEncoder().encode(',"stream_options":{"include_usage":true}}');

const count = z.nullish(z.int().check(z.nonnegative()));
export const chatBody = z.object({
  model: z.string().check(z.minLength(1), z.maxLength(256)),
  messages: z.array(z.object({ role: z.string(), content: z.unknown() })).check(z.minLength(1)),
  max_tokens: count,
  max_completion_tokens: count,
  stream: z.nullish(z.boolean()),
  stream_options: z.nullish(z.object({ include_usage: z.nullish(z.boolean()) })),
});
type ChatBody = z.output<typeof chatBody>;

/**
 * `POST /v1/chat/completions`: Anthropic's own endpoint for OpenAI's clients, metered. A stream is asked for its usage;
 * who did not ask for it does not see it.
 */
export async function chatCompletions(exchange: Exchange): Promise<Response> {
  const { request, requestId } = exchange;
  const keyHash = await hashSecret(extractGatewayKey(request));
  const bytes = await readCallersBody(exchange, { keyHash, bytesMax: BODY_BYTES_MAX });
  const body = checkShape(chatBody, parseJson(bytes).tree);
  upstreamConfig();
  const isStreaming = body.stream === true;
  const hidesUsage = isStreaming && body.stream_options?.include_usage !== true;
  const asked: AdmitRequest = {
    requestId,
    caller: { keyHash },
    source: "api",
    endpoint: `POST ${PATH}`,
    isStreaming,
    isDurable: false,
    demand: chatDemand(body, bytes.length),
  };
  const admission = await admit(exchange.ctx, asked);
  const call = new Call(exchange, admission, { isDurable: false, retry: retryOf(exchange, asked) });
  return await relay(
    call,
    {
      pathAndQuery: PATH + queryOf(request),
      headers: requestHeaders(request.headers),
      body: hidesUsage ? askingForUsage(bytes) : bytes,
    },
    chatOutput(requestId, { hidesUsage, meter: new ChatMeter(Date.now), outcomeOf: chatOutcome }),
  );
}

function chatDemand(body: ChatBody, bodyBytes: number): Demand {
  const media = mediaOf(body.messages);
  const limit = body.max_completion_tokens ?? body.max_tokens;
  return {
    model: body.model,
    maxTokens: limit ?? findPricedModel(body.model)?.maxOutputTokens ?? MAX_TOKENS_UNKNOWN,
    fallbackModels: [],
    ...(!media.hasFile && {
      inputTokens: Math.ceil((bodyBytes - media.dataBytes) / BYTES_PER_TOKEN) + media.images * IMAGE_TOKENS,
    }),
    cacheTtl: "none",
    webSearchUses: 0,
  };
}

/** Images count as such and not by the length of their data; other files only by the context window. */
function mediaOf(messages: ChatBody["messages"]): { images: number; dataBytes: number; hasFile: boolean } {
  const media = { images: 0, dataBytes: 0, hasFile: false };
  const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? (content as unknown[]) : []));
  for (const part of parts) {
    const { type, image_url: image } = (part ?? {}) as { type?: string; image_url?: { url?: unknown } };
    if (type === "image_url") {
      media.images++;
      media.dataBytes += sizeOf(image?.url);
    } else if (type !== "text") {
      media.hasFile = true;
    }
  }
  return media;
}

function sizeOf(url: unknown): number {
  if (typeof url === "object" && url !== null && "byteLength" in url) {
    return Number(url.byteLength);
  }
  return typeof url === "string" ? url.length : 0;
}

/** The same body with the one field that makes a stream tell its usage; of two such fields the last one counts. */
function askingForUsage(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const end = body.lastIndexOf(CLOSE_BRACE);
  const asking = new Uint8Array(end + ASK_FOR_USAGE.length);
  asking.set(body.subarray(0, end));
  asking.set(ASK_FOR_USAGE, end);
  return asking;
}
