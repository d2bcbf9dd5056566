import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import { ConvexError, type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { internalMutation, type MutationCtx, mutation, type QueryCtx, query } from "./_generated/server";
import { requireMember } from "./members";

const TITLE_CHARACTERS_MAX = 200;
/** A message may hold megabytes, and a mutation may read 16 MiB. */
const DELETE_BATCH_MESSAGES = 4;
const DELETE_BATCH_PAGES = 16;

const vThread = v.object({
  _id: v.id("threads"),
  title: v.string(),
  model: v.string(),
  updatedAt: v.number(),
});
type Thread = Infer<typeof vThread>;

/** The caller's threads, the one that was used last first. */
export const list = query({
  args: { paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(vThread),
  handler: async (ctx, { paginationOpts }) => {
    const member = await requireMember(ctx);
    const result = await ctx.db
      .query("threads")
      .withIndex("by_memberId_and_updatedAt", (q) => q.eq("memberId", member._id))
      .order("desc")
      .paginate(paginationOpts);
    return { ...result, page: result.page.map(toThread) };
  },
});

/** One of the caller's threads; null when there is none with this id. */
export const get = query({
  args: { threadId: v.string() },
  returns: v.union(v.null(), vThread),
  handler: async (ctx, { threadId }) => {
    const member = await requireMember(ctx);
    const thread = await findThread(ctx, member._id, threadId);
    return thread === null ? null : toThread(thread);
  },
});

/** Throws ConvexError `invalidTitle` unless the title has 1 to 200 characters. */
export const rename = mutation({
  args: { threadId: v.string(), title: v.string() },
  returns: v.null(),
  handler: async (ctx, args) => {
    const member = await requireMember(ctx, "member");
    const thread = await requireThread(ctx, member._id, args.threadId);
    const title = args.title.trim();
    if (title === "" || [...title].length > TITLE_CHARACTERS_MAX) {
      throw new ConvexError({
        code: "invalidTitle",
        message: `A title has 1 to ${TITLE_CHARACTERS_MAX} characters.`,
      });
    }
    await ctx.db.patch("threads", thread._id, { title });
    return null;
  },
});

/** Deletes a thread at once, its messages and stored streams in batches; a running answer is stopped. */
export const remove = mutation({
  args: { threadId: v.string() },
  returns: v.null(),
  handler: async (ctx, args) => {
    const member = await requireMember(ctx, "member");
    const thread = await requireThread(ctx, member._id, args.threadId);
    await ctx.db.delete("threads", thread._id);
    await ctx.scheduler.runAfter(0, internal.threads.deleteMessages, { threadId: thread._id });
    return null;
  },
});

/** Deletes a batch of a removed thread's messages and schedules the next one. */
export const deleteMessages = internalMutation({
  args: { threadId: v.id("threads") },
  returns: v.null(),
  handler: async (ctx, { threadId }) => {
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_threadId", (q) => q.eq("threadId", threadId))
      .take(DELETE_BATCH_MESSAGES);
    if (messages.length === 0) return null;
    for (const message of messages) {
      if (!(await deletePages(ctx, message))) break;
      await deleteMessage(ctx, message);
    }
    await ctx.scheduler.runAfter(0, internal.threads.deleteMessages, { threadId });
    return null;
  },
});

/** Deletes a batch of the pages of a message's stream; true when none is left. */
async function deletePages(ctx: MutationCtx, { requestId }: Doc<"messages">): Promise<boolean> {
  if (requestId === undefined) return true;
  const pages = await ctx.db
    .query("streamPages")
    .withIndex("by_requestId_and_index", (q) => q.eq("requestId", requestId))
    .take(DELETE_BATCH_PAGES);
  for (const page of pages) await ctx.db.delete("streamPages", page._id);
  return pages.length < DELETE_BATCH_PAGES;
}

async function deleteMessage(ctx: MutationCtx, message: Doc<"messages">): Promise<void> {
  const parts = ctx.db
    .query("messageParts")
    .withIndex("by_messageId_and_index", (q) => q.eq("messageId", message._id));
  for await (const part of parts) await ctx.db.delete("messageParts", part._id);
  if (message.status === "streaming" && message.requestId !== undefined) {
    await requestStop(ctx, message.requestId);
  }
  await ctx.db.delete("messages", message._id);
}

async function requestStop(ctx: MutationCtx, requestId: string): Promise<void> {
  const request = await ctx.db
    .query("requests")
    .withIndex("by_requestId", (q) => q.eq("requestId", requestId))
    .unique();
  if (request?.status === "running" && request.stopRequestedAt === undefined) {
    await ctx.db.patch("requests", request._id, { stopRequestedAt: Date.now() });
  }
}

/** A thread of this member; null for every other id, whether or not it exists. */
export async function findThread(
  ctx: QueryCtx,
  memberId: Id<"members">,
  threadId: string,
): Promise<Doc<"threads"> | null> {
  const id = ctx.db.normalizeId("threads", threadId);
  const thread = id === null ? null : await ctx.db.get("threads", id);
  return thread?.memberId === memberId ? thread : null;
}

async function requireThread(
  ctx: QueryCtx,
  memberId: Id<"members">,
  threadId: string,
): Promise<Doc<"threads">> {
  const thread = await findThread(ctx, memberId, threadId);
  if (thread === null) {
    throw new ConvexError({ code: "notFound", message: "There is no such thread." });
  }
  return thread;
}

function toThread({ _id, title, model, updatedAt }: Doc<"threads">): Thread {
  return { _id, title, model, updatedAt };
}
