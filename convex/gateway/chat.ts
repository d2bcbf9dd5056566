import { ConvexError } from "convex/values";
import * as z from "zod/mini";
import { internal } from "../_generated/api";
import type { Refusal } from "../model/decision";
import { Call, type Retry } from "./Call";
import { messagesHeaders, promptDemand } from "./claude";
import { upstreamConfig } from "./config";
import { durableStream } from "./durableStream";
import type { Exchange } from "./Exchange";
import { GatewayError } from "./GatewayError";
import { overloaded } from "./ledger";
import { durableHeaders } from "./messages";
import { checkShape, PARSED_BYTES_MAX, parseJson } from "./parseJson";
import { readBody } from "./readBody";
import { refusalError } from "./refusalError";

const POLL_MS = 1_000;

/** Convex stores no half of a surrogate pair. */
const isWellFormed = (text: string) => !/\p{Surrogate}/u.test(text);

export const turn = z.object({
  threadId: z.nullable(z.string()),
  prompt: z
    .string()
    .check(
      z.minLength(1),
      z.refine(isWellFormed, "contains half of a surrogate pair; send whole characters"),
    ),
  model: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
  maxTokens: z.optional(z.int().check(z.positive())),
  system: z.optional(z.string()),
});

/** `POST /chat`: a turn of the web chat, by a signed-in member, as a durable stream. */
export async function chat(exchange: Exchange): Promise<Response> {
  const { request, requestId } = exchange;
  await requireSignedIn(exchange);
  const body = await readBody(request, { bytesMax: PARSED_BYTES_MAX, checkCaller: async () => {} });
  const { system, ...args } = checkShape(turn, parseJson(body).tree);
  upstreamConfig();
  const { admission, threadId, assistantMessageId, historyJson } = await beginTurn(exchange, {
    ...args,
    requestId,
    systemBytes: new TextEncoder().encode(system ?? "").length,
  });
  const { model, maxTokens: max_tokens, memberId } = admission;
  const promptBytes = new TextEncoder().encode(historyJson).length + (system ?? "").length;
  const retry: Retry = {
    request: {
      requestId,
      caller: { memberId },
      source: "chat",
      endpoint: "POST /chat",
      isStreaming: true,
      isDurable: true,
      demand: promptDemand({ model, max_tokens }, promptBytes),
    },
    fallbackModel: null,
    isClientRetrying: false,
  };
  const call = new Call(exchange, admission, { isDurable: true, pollMs: POLL_MS, retry });
  const fields = [
    `"model":${JSON.stringify(admission.model)}`,
    `"max_tokens":${admission.maxTokens}`,
    ...(system === undefined ? [] : [`"system":${JSON.stringify(system)}`]),
    `"messages":${historyJson}`,
    '"stream":true',
  ];
  return durableStream(
    call,
    {
      pathAndQuery: "/v1/messages",
      headers: messagesHeaders(),
      body: new TextEncoder().encode(`{${fields.join(",")}}`),
    },
    {
      ...durableHeaders(requestId),
      "x-gateway-thread-id": threadId,
      "x-gateway-message-id": assistantMessageId,
    },
  );
}

/** Convex verifies the session's token itself; reading the identity of a bad one throws. */
export async function requireSignedIn({ ctx }: Exchange): Promise<void> {
  const identity = await ctx.auth.getUserIdentity().catch(() => null);
  if (identity === null) {
    throw new GatewayError(
      "authentication_error",
      "Sign in to use the chat: its token is missing or expired. Programs use POST /claude or /v1/messages with a gateway key.",
    );
  }
}

async function beginTurn({ ctx }: Exchange, args: typeof internal.chat.begin._args) {
  try {
    return await ctx.runMutation(internal.chat.begin, args);
  } catch (error) {
    throw memberError(error);
  }
}

const TYPE_BY_CODE: Record<string, "authentication_error" | "permission_error" | "not_found_error"> = {
  unauthenticated: "authentication_error",
  forbidden: "permission_error",
  notFound: "not_found_error",
};

/** What a function that a member called threw, as the member may see it. */
export function memberError(error: unknown): GatewayError {
  if (!(error instanceof ConvexError)) {
    return overloaded(error);
  }
  const data: { code: string; message: string; refusal?: Refusal } = error.data;
  return data.refusal
    ? refusalError(data.refusal)
    : new GatewayError(TYPE_BY_CODE[data.code] ?? "invalid_request_error", data.message);
}
