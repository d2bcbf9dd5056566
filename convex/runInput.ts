import { type Infer, v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { internalQuery, type QueryCtx } from "./_generated/server";
import { vProblem } from "./model/webhookValidators";
import { readSettings } from "./settings";
import { readText } from "./textParts";

const vComposing = v.object({
  prompt: v.string(),
  system: v.optional(v.string()),
  model: v.string(),
  maxTokens: v.number(),
  answerSchemaJson: v.optional(v.string()),
});
const vRunInput = v.object({
  run: v.object({
    runId: v.string(),
    eventType: v.string(),
    senderEventId: v.union(v.null(), v.string()),
    receivedAt: v.number(),
  }),
  input: v.string(),
  webhook: v.union(v.null(), vComposing), // null: a job, whose input is its Messages body
});
export type RunInput = Infer<typeof vRunInput>;

const vFound = v.union(v.null(), vRunInput, v.object({ problem: vProblem }));

/** What a worker needs of a run that it claimed; null when the claim is not its own any more. */
export const get = internalQuery({
  args: { id: v.id("runs"), claims: v.number() },
  returns: vFound,
  handler: async (ctx, { id, claims }): Promise<Infer<typeof vFound>> => {
    const run = await ctx.db.get("runs", id);
    if (run?.status !== "running" || run.claims !== claims) return null;
    const input = await readText(ctx, run.runId);
    const webhook = run.webhookId ? await ctx.db.get("webhooks", run.webhookId) : null;
    if (input === null) return gone("The payload was deleted.");
    if (run.webhookId && !webhook) return gone("The webhook was removed.");
    const { runId, eventType, receivedAt } = run;
    const about = { runId, eventType, receivedAt, senderEventId: run.senderEventId ?? null };
    return { run: about, input, webhook: webhook && (await composing(ctx, webhook)) };
  },
});

function gone(message: string): { problem: Infer<typeof vProblem> } {
  return { problem: { type: "not_found_error", message } };
}

/** What composes a run's request, with the gateway's defaults filled in. */
async function composing(ctx: QueryCtx, webhook: Doc<"webhooks">): Promise<Infer<typeof vComposing>> {
  const { prompt, system, model, maxTokens, answerSchemaJson } = webhook;
  const { defaultModel, defaultMaxTokens } = await readSettings(ctx);
  const own = { prompt, system, answerSchemaJson };
  return { ...own, model: model ?? defaultModel, maxTokens: maxTokens ?? defaultMaxTokens };
}
