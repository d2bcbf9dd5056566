import { ConvexError, type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";
import { admitRequest } from "./admission";
import { requireMember } from "./members";
import { vAdmission } from "./model/decision";
import { readSettings } from "./settings";

const BYTES_PER_TOKEN = 2;
/** What the Messages format adds around a short prompt. */
const OVERHEAD_TOKENS = 50;

const vTurn = v.object({
  admission: vAdmission,
  threadId: v.id("threads"),
  assistantMessageId: v.id("messages"),
  historyJson: v.string(),
});
type Turn = Infer<typeof vTurn>;

/**
 * Opens a turn of the web chat for the signed-in member: both messages and the admitted request, or nothing at all.
 * Throws ConvexError `{code, message}`, with `refusal` when admit says no.
 */
export const begin = internalMutation({
  args: {
    requestId: v.string(),
    threadId: v.union(v.null(), v.string()),
    prompt: v.string(),
    model: v.optional(v.string()),
    maxTokens: v.optional(v.number()),
    systemBytes: v.number(),
  },
  returns: vTurn,
  handler: async (ctx, { requestId, threadId, prompt, systemBytes, ...choice }): Promise<Turn> => {
    const member = await requireMember(ctx, "member");
    const settings = await readSettings(ctx);
    const model = choice.model ?? settings.defaultModel;
    const turn: Omit<Turn, "admission"> | null = await ctx.runMutation(internal.messages.begin, {
      memberId: member._id,
      threadId,
      prompt,
      model,
      requestId,
    });
    if (turn === null) {
      throw new ConvexError({ code: "notFound", message: "There is no such thread." });
    }
    const textBytes = new TextEncoder().encode(turn.historyJson).length + systemBytes;
    const decision = await admitRequest(ctx, {
      requestId,
      caller: { memberId: member._id },
      source: "chat",
      endpoint: "POST /chat",
      isStreaming: true,
      isDurable: true,
      attempt: 1,
      demand: {
        model,
        maxTokens: choice.maxTokens ?? settings.defaultMaxTokens,
        fallbackModels: [],
        inputTokens: Math.ceil(textBytes / BYTES_PER_TOKEN) + OVERHEAD_TOKENS,
        cacheTtl: "none",
        webSearchUses: 0,
      },
    });
    if (!decision.ok) {
      throw new ConvexError({
        code: "refused",
        message: decision.refusal.reason,
        refusal: decision.refusal,
      });
    }
    const { threadId: openedThreadId, assistantMessageId, historyJson } = turn;
    return { admission: decision, threadId: openedThreadId, assistantMessageId, historyJson };
  },
});
