import type { Doc } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { addTokens, NO_TOKENS } from "./model/anthropicUsage";
import type { Tokens } from "./model/validators";

interface Spend {
  at: number;
  isError: boolean;
  tokens: Tokens;
  costNanoUsd: number;
}

/** Adds a settled request to its agent's row. Requests of one agent follow each other, so they rarely collide. */
export async function countInSession(
  ctx: MutationCtx,
  { memberId, apiKeyId, session }: Pick<Doc<"requests">, "memberId" | "apiKeyId" | "session">,
  spend: Spend,
): Promise<void> {
  if (!session) {
    return;
  }
  const row = await ctx.db
    .query("sessionAgents")
    .withIndex("by_agent", (q) =>
      q
        .eq("memberId", memberId)
        .eq("apiKeyId", apiKeyId)
        .eq("sessionId", session.sessionId)
        .eq("agentId", session.agentId),
    )
    .unique();
  const tokens = { ...(row?.tokens ?? NO_TOKENS) };
  addTokens(tokens, spend.tokens);
  const sums = {
    requests: (row?.requests ?? 0) + 1,
    errors: (row?.errors ?? 0) + (spend.isError ? 1 : 0),
    tokens,
    costNanoUsd: (row?.costNanoUsd ?? 0) + spend.costNanoUsd,
    lastAt: spend.at,
  };
  if (row) {
    const parentAgentId = session.parentAgentId ?? row.parentAgentId;
    await ctx.db.patch("sessionAgents", row._id, { ...sums, parentAgentId });
    return;
  }
  await ctx.db.insert("sessionAgents", { memberId, apiKeyId, ...session, ...sums, firstAt: spend.at });
}
