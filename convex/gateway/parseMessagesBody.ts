import * as z from "zod/mini";
import { inputTokensOf, inspectContent, inspectTools } from "../model/messageDemand";
import type { Demand } from "../model/reservation";
import { checkShape, parseJson } from "./parseJson";

const count = z.int().check(z.nonnegative());
const model = z.string().check(z.minLength(1), z.maxLength(256));
const text = z.nullish(z.string());

/** The fields of a Messages body that decide price and permission. */
export const counted = z.object({
  model,
  messages: z.array(z.object({ role: z.string() })).check(z.minLength(1)),
  tools: z.nullish(z.array(z.unknown())),
});
export const billed = z.extend(counted, {
  max_tokens: count,
  stream: z.nullish(z.boolean()),
  // A word ("default") leaves the choice to Anthropic; its models are all priced.
  fallbacks: z.nullish(z.union([z.string(), z.array(z.object({ model, max_tokens: z.nullish(count) }))])),
  speed: text,
  inference_geo: text,
  mcp_servers: z.nullish(z.array(z.unknown())),
  container: z.nullish(z.union([z.string(), z.object({ id: text })])),
});

export interface MessagesBody {
  demand: Demand;
  isStreaming: boolean;
}

/** What a body of `POST /v1/messages` asks for. Throws 400. */
export function parseMessagesBody(bytes: Uint8Array): MessagesBody {
  const { tree, cacheTtl } = parseJson(bytes);
  const demand = messagesDemand(tree, { bytes: bytes.length, cacheTtl });
  return { isStreaming: (tree as { stream?: unknown }).stream === true, demand };
}

/** The most that one Messages request may use, from its parsed body. */
export function messagesDemand(
  tree: unknown,
  { bytes, cacheTtl }: { bytes: number; cacheTtl: Demand["cacheTtl"] },
): Demand & { model: string; maxTokens: number } {
  const body = checkShape(billed, tree);
  const containerId = typeof body.container === "string" ? body.container : body.container?.id;
  const content = contentOf(tree);
  const objectIds = [...content.fileIds, ...(containerId ? [containerId] : [])];
  const tools = inspectTools(body.tools ?? undefined, (body.mcp_servers ?? []).length > 0);
  const fallbacks = Array.isArray(body.fallbacks) ? body.fallbacks : [];
  return {
    model: body.model,
    maxTokens: Math.max(body.max_tokens, ...fallbacks.map((fallback) => fallback.max_tokens ?? 0)),
    fallbackModels: fallbacks.map((fallback) => fallback.model),
    ...(tools.advisors.length > 0 && { advisors: tools.advisors }),
    inputTokens: inputTokensOf(bytes, content, tools),
    cacheTtl,
    webSearchUses: tools.webSearchUses,
    ...(body.speed && { speed: body.speed }),
    ...(body.inference_geo && { inferenceGeo: body.inference_geo }),
    ...(objectIds.length > 0 && { objectIds }),
  };
}

/** Checks a body of `POST /v1/messages/count_tokens`; returns the files that it names. */
export function parseCountTokensBody(bytes: Uint8Array): string[] {
  const { tree } = parseJson(bytes);
  checkShape(counted, tree);
  return contentOf(tree).fileIds;
}

function contentOf(tree: unknown) {
  // checkShape strips what it does not know, so the content is read from the tree that it accepted.
  const { messages, system } = tree as { messages: unknown[]; system?: unknown };
  return inspectContent(messages, system);
}
