import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import { type Infer, v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import { internalMutation, type MutationCtx, type QueryCtx, query } from "./_generated/server";
import { requireMember } from "./members";
import { blocksForQuery, historyJson, promptContent, splitContent, type Turn } from "./model/messageContent";
import { threadTitle } from "./model/threadTitle";
import { vMessageStatus, vRequestStatus, vTokens, vUsageSource } from "./model/validators";
import { findThread } from "./threads";

const vLedger = v.object({
  status: vRequestStatus,
  usageSource: v.union(v.null(), vUsageSource),
  tokens: v.union(v.null(), vTokens),
  costNanoUsd: v.union(v.null(), v.number()),
  timeToFirstTokenMs: v.union(v.null(), v.number()),
  startedAt: v.number(),
  endedAt: v.union(v.null(), v.number()),
});
type Ledger = Infer<typeof vLedger>;

const vMessage = v.object({
  _id: v.id("messages"),
  role: v.union(v.literal("user"), v.literal("assistant")),
  status: vMessageStatus,
  content: v.array(v.any()),
  model: v.union(v.null(), v.string()),
  requestId: v.union(v.null(), v.string()),
  errorMessage: v.union(v.null(), v.string()),
  ledger: v.union(v.null(), vLedger),
});
type Message = Infer<typeof vMessage>;

/** The messages of one of the caller's threads, newest first; empty for any other thread. */
export const list = query({
  args: { threadId: v.string(), paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(vMessage),
  handler: async (ctx, args) => {
    const member = await requireMember(ctx);
    const thread = await findThread(ctx, member._id, args.threadId);
    if (thread === null) return { page: [], isDone: true, continueCursor: "" };
    const result = await ctx.db
      .query("messages")
      .withIndex("by_threadId", (q) => q.eq("threadId", thread._id))
      .order("desc")
      .paginate(args.paginationOpts);
    return { ...result, page: await Promise.all(result.page.map((message) => toMessage(ctx, message))) };
  },
});

async function toMessage(ctx: QueryCtx, message: Doc<"messages">): Promise<Message> {
  return {
    _id: message._id,
    role: message.role,
    status: message.status,
    content: blocksForQuery(await readContent(ctx, message)),
    model: message.model ?? null,
    requestId: message.requestId ?? null,
    errorMessage: message.errorMessage ?? null,
    ledger: await ledger(ctx, message),
  };
}

/** The answer's row of the usage log. Not read while it streams: lease renewals would re-run the query. */
async function ledger(ctx: QueryCtx, { requestId, status }: Doc<"messages">): Promise<Ledger | null> {
  if (requestId === undefined || status === "streaming") return null;
  const request = await ctx.db
    .query("requests")
    .withIndex("by_requestId", (q) => q.eq("requestId", requestId))
    .unique();
  if (request === null) return null;
  return {
    status: request.status,
    usageSource: request.usageSource ?? null,
    tokens: request.tokens ?? null,
    costNanoUsd: request.costNanoUsd ?? null,
    timeToFirstTokenMs: request.timeToFirstTokenMs ?? null,
    startedAt: request.startedAt,
    endedAt: request.endedAt ?? null,
  };
}

/**
 * Records a question and its empty answer, in a thread that is created when `threadId` is null.
 * `historyJson` is the JSON text of Anthropic's `messages`, with the question at its end; text, because tool inputs
 * may hold field names and numbers that Convex values do not keep. Null when the member has no such thread.
 */
export const begin = internalMutation({
  args: {
    memberId: v.id("members"),
    threadId: v.union(v.null(), v.string()),
    prompt: v.string(),
    model: v.string(),
    requestId: v.string(),
  },
  returns: v.union(
    v.null(),
    v.object({
      threadId: v.id("threads"),
      userMessageId: v.id("messages"),
      assistantMessageId: v.id("messages"),
      historyJson: v.string(),
    }),
  ),
  handler: async (ctx, { prompt, ...args }) => {
    const threadId = await openThread(ctx, { prompt, ...args });
    if (threadId === null) return null;
    const turns = await readTurns(ctx, threadId);
    const { memberId, model, requestId } = args;
    const common = { threadId, memberId, content: "[]", partCount: 0 };
    const userMessageId = await ctx.db.insert("messages", { ...common, role: "user", status: "complete" });
    await writeContent(ctx, userMessageId, promptContent(prompt));
    const assistantMessageId = await ctx.db.insert("messages", {
      ...common,
      role: "assistant",
      status: "streaming",
      model,
      requestId,
    });
    return { threadId, userMessageId, assistantMessageId, historyJson: historyJson(turns, prompt) };
  },
});

async function openThread(
  ctx: MutationCtx,
  args: { memberId: Id<"members">; threadId: string | null; prompt: string; model: string },
): Promise<Id<"threads"> | null> {
  const { memberId, model } = args;
  const updatedAt = Date.now();
  if (args.threadId === null) {
    return await ctx.db.insert("threads", { memberId, model, title: threadTitle(args.prompt), updatedAt });
  }
  const thread = await findThread(ctx, memberId, args.threadId);
  if (thread === null) return null;
  await ctx.db.patch("threads", thread._id, { model, updatedAt });
  return thread._id;
}

async function readTurns(ctx: QueryCtx, threadId: Id<"threads">): Promise<Turn[]> {
  const turns: Turn[] = [];
  const messages = ctx.db.query("messages").withIndex("by_threadId", (q) => q.eq("threadId", threadId));
  for await (const message of messages) {
    turns.push({ role: message.role, status: message.status, content: await readContent(ctx, message) });
  }
  return turns;
}

/** Closes an answer once; later calls, and calls for a deleted message, change nothing. `contentJson` is stored as it is. */
export const finish = internalMutation({
  args: {
    requestId: v.string(),
    status: v.union(v.literal("complete"), v.literal("stopped"), v.literal("failed")),
    contentJson: v.string(),
    errorMessage: v.optional(v.string()),
  },
  returns: v.null(),
  handler: async (ctx, { requestId, status, contentJson, errorMessage }) => {
    const message = await findStreaming(ctx, requestId);
    if (message === null) return null;
    await writeContent(ctx, message._id, contentJson);
    await ctx.db.patch("messages", message._id, { status, errorMessage });
    const thread = await ctx.db.get("threads", message.threadId);
    if (thread !== null) await ctx.db.patch("threads", thread._id, { updatedAt: Date.now() });
    return null;
  },
});

async function findStreaming(ctx: QueryCtx, requestId: string): Promise<Doc<"messages"> | null> {
  const message = await ctx.db
    .query("messages")
    .withIndex("by_requestId", (q) => q.eq("requestId", requestId))
    .unique();
  return message?.status === "streaming" ? message : null;
}

async function writeContent(ctx: MutationCtx, messageId: Id<"messages">, contentJson: string): Promise<void> {
  const [content = "", ...parts] = splitContent(contentJson);
  await ctx.db.patch("messages", messageId, { content, partCount: parts.length });
  for (const [offset, part] of parts.entries()) {
    await ctx.db.insert("messageParts", { messageId, index: offset + 1, content: part });
  }
}

async function readContent(ctx: QueryCtx, message: Doc<"messages">): Promise<string> {
  if (message.partCount === 0) return message.content;
  const parts = await ctx.db
    .query("messageParts")
    .withIndex("by_messageId_and_index", (q) => q.eq("messageId", message._id))
    .take(message.partCount);
  return message.content + parts.map((part) => part.content).join("");
}
