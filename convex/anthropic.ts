import Anthropic from "@anthropic-ai/sdk";
import { type Infer, v } from "convex/values";
import type { Id } from "./_generated/dataModel";
import { type ActionCtx, action } from "./_generated/server";
import { upstreamConfig } from "./gateway/config";
import { requireMemberInAction } from "./members";
import { meteredMessage, toConvexError } from "./meteredMessage";
import { vTokens } from "./model/validators";

const vQuestion = v.object({
  prompt: v.string(),
  model: v.optional(v.string()),
  maxTokens: v.optional(v.number()),
  system: v.optional(v.string()),
});
type Question = Infer<typeof vQuestion>;

const vAnswer = v.object({
  text: v.string(),
  model: v.string(),
  stopReason: v.union(v.null(), v.string()),
  tokens: vTokens,
  costNanoUsd: v.number(),
  requestId: v.string(),
});
type Answer = Infer<typeof vAnswer>;

/**
 * Asks Claude from a client: `const callClaude = useAction(api.anthropic.callClaude)`. Only actions may call out, and
 * they see the deployment's variables, not the shell's: `npx convex env set ANTHROPIC_API_KEY sk-ant-…`.
 * Errors are ConvexError `{code, message}`; the code is Anthropic's error type.
 */
export const callClaude = action({
  args: vQuestion.fields,
  returns: vAnswer,
  handler: async (ctx, question) => {
    const { memberId } = await requireMemberInAction(ctx, "member");
    try {
      return await ask(ctx, memberId, question);
    } catch (error) {
      throw toConvexError(error);
    }
  },
});

async function ask(ctx: ActionCtx, memberId: Id<"members">, question: Question): Promise<Answer> {
  const { prompt, system, ...choice } = question;
  const { apiKey, baseUrl } = upstreamConfig();
  // A retry by the client would be a second request that nobody admitted.
  const claude = new Anthropic({ apiKey, authToken: null, baseURL: baseUrl, maxRetries: 0 });

  // Streaming, although the caller gets one answer: long ones outlive an idle connection.
  const call = (model: string, maxTokens: number) =>
    claude.messages.stream({
      model,
      max_tokens: maxTokens,
      messages: [{ role: "user", content: prompt }],
      ...(system !== undefined && { system }),
    });
  const textBytes = new TextEncoder().encode(prompt + (system ?? "")).length;
  const metered = await meteredMessage(ctx, { memberId, textBytes, ...choice }, call);

  const { message, tokens, costNanoUsd, requestId } = metered;
  const text = message.content.map((block) => (block.type === "text" ? block.text : "")).join("");
  return { text, model: message.model, stopReason: message.stop_reason, tokens, costNanoUsd, requestId };
}
