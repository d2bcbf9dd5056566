import { type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { internalMutation, internalQuery, type QueryCtx, query } from "./_generated/server";
import { requireMember } from "./members";
import { sessionTree, vSessionLine } from "./model/sessionTree";
import { groupBy } from "./model/sumUsage";

const DAY_MS = 24 * 60 * 60 * 1000;
const RETENTION_MS = 90 * DAY_MS;
const DELETE_BATCH = 100;
/** The newest agents are read; a session that is cut by this shows its newest ones. */
const AGENTS_READ_MAX = 500;
const AGENTS_OF_SESSION_MAX = 2_000;

const vSessionTree = v.object({
  sessionId: v.string(),
  keyName: v.union(v.null(), v.string()),
  firstAt: v.number(),
  lastAt: v.number(),
  lines: v.array(vSessionLine), // the first one is the session's main agent, with the whole session's total
});
export type SessionTree = Infer<typeof vSessionTree>;

/** Claude Code sessions with their agents, latest first: everybody's for owners, admins and viewers. */
export const list = query({
  args: {},
  returns: v.array(vSessionTree),
  handler: async (ctx) => {
    const member = await requireMember(ctx);
    const agents = ctx.db.query("sessionAgents");
    const visible =
      member.role === "member"
        ? agents.withIndex("by_memberId_and_lastAt", (q) => q.eq("memberId", member._id))
        : agents.withIndex("by_lastAt");
    return await treesOf(ctx, await visible.order("desc").take(AGENTS_READ_MAX));
  },
});

/** One session, once for each key that used its id. `admin:session` prints it. */
export const get = internalQuery({
  args: { sessionId: v.string() },
  returns: v.array(vSessionTree),
  handler: async (ctx, { sessionId }) => {
    const agents = ctx.db
      .query("sessionAgents")
      .withIndex("by_sessionId", (q) => q.eq("sessionId", sessionId));
    return await treesOf(ctx, await agents.take(AGENTS_OF_SESSION_MAX));
  },
});

async function treesOf(ctx: QueryCtx, agents: Doc<"sessionAgents">[]): Promise<SessionTree[]> {
  const keyNames = new Map<Id<"apiKeys"> | undefined, string | null>([[undefined, null]]);
  const trees: SessionTree[] = [];
  for (const group of groupBy(agents, ({ apiKeyId, sessionId }) => `${apiKeyId} ${sessionId}`).values()) {
    const [first] = group;
    if (!first) {
      continue;
    }
    const { sessionId, apiKeyId } = first;
    if (apiKeyId && !keyNames.has(apiKeyId)) {
      keyNames.set(apiKeyId, (await ctx.db.get("apiKeys", apiKeyId))?.name ?? null);
    }
    trees.push({
      sessionId,
      keyName: keyNames.get(apiKeyId) ?? null,
      firstAt: Math.min(...group.map((agent) => agent.firstAt)),
      lastAt: Math.max(...group.map((agent) => agent.lastAt)),
      lines: sessionTree(group),
    });
  }
  return trees;
}

/** Deletes what nobody added to for 90 days, in batches. A cron starts it. */
export const deleteExpired = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const agents = await ctx.db
      .query("sessionAgents")
      .withIndex("by_lastAt", (q) => q.lt("lastAt", Date.now() - RETENTION_MS))
      .take(DELETE_BATCH);
    for (const { _id } of agents) await ctx.db.delete("sessionAgents", _id);
    if (agents.length === DELETE_BATCH)
      await ctx.scheduler.runAfter(0, internal.agentSessions.deleteExpired, {});
    return null;
  },
});
