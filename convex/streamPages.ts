import { type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, internalQuery, query } from "./_generated/server";
import { findPayer } from "./admission";
import { requireMember } from "./members";
import { vRefusal } from "./model/decision";

const LIST_PAGES_MAX = 16;
const DELETE_BATCH_PAGES = 16;
const HOUR_MS = 60 * 60 * 1000;
/** Pages live a day after their stream's end; a stream lasts at most half an hour. */
const RETENTION_MS = 24.5 * HOUR_MS;

/**
 * Appends a page of a durable stream; a repeated index changes nothing. Its answer tells the producer to stop:
 * somebody asked for it, or the request is settled already (its lease ran out).
 */
export const append = internalMutation({
  args: {
    requestId: v.string(),
    memberId: v.id("members"),
    index: v.number(),
    text: v.string(),
    isLast: v.boolean(),
  },
  returns: v.object({ isStopRequested: v.boolean() }),
  handler: async (ctx, page) => {
    const existing = await ctx.db
      .query("streamPages")
      .withIndex("by_requestId_and_index", (q) => q.eq("requestId", page.requestId).eq("index", page.index))
      .unique();
    if (existing === null) await ctx.db.insert("streamPages", page);
    const request = await ctx.db
      .query("requests")
      .withIndex("by_requestId", (q) => q.eq("requestId", page.requestId))
      .unique();
    return { isStopRequested: request?.status !== "running" || request.stopRequestedAt !== undefined };
  },
});

/** Up to 16 pages of one of the caller's streams; `isDone` once nothing follows them. Nothing for any other stream. */
export const list = query({
  args: { requestId: v.string(), fromIndex: v.number() },
  returns: v.object({
    pages: v.array(v.object({ index: v.number(), text: v.string() })),
    isDone: v.boolean(),
  }),
  handler: async (ctx, { requestId, fromIndex }) => {
    const member = await requireMember(ctx);
    const pages = await ctx.db
      .query("streamPages")
      .withIndex("by_requestId_and_index", (q) => q.eq("requestId", requestId).gte("index", fromIndex))
      .take(LIST_PAGES_MAX);
    const before = ctx.db
      .query("streamPages")
      .withIndex("by_requestId_and_index", (q) => q.eq("requestId", requestId).eq("index", fromIndex - 1));
    const last = pages.at(-1) ?? (await before.unique());
    if (last?.memberId !== member._id) return { pages: [], isDone: false };
    return { pages: pages.map(({ index, text }) => ({ index, text })), isDone: last.isLast };
  },
});

const vOwnPages = v.union(
  v.object({ ok: v.literal(false), refusal: vRefusal }),
  v.object({
    ok: v.literal(true),
    /** Null: the key has no such durable stream. */
    pages: v.union(v.null(), v.object({ texts: v.array(v.string()), isDone: v.boolean() })),
  }),
);

/** Pages of a durable stream for the key that asked for it. */
export const read = internalQuery({
  args: { requestId: v.string(), keyHash: v.string(), fromIndex: v.number(), now: v.number() },
  returns: vOwnPages,
  handler: async (ctx, { requestId, keyHash, fromIndex, now }): Promise<Infer<typeof vOwnPages>> => {
    const payer = await findPayer(ctx, { keyHash }, now);
    if ("reason" in payer) return { ok: false, refusal: payer };
    const request = await ctx.db
      .query("requests")
      .withIndex("by_requestId", (q) => q.eq("requestId", requestId))
      .unique();
    const isOwn = request?.isDurable && request.isStreaming && request.apiKeyId === payer.apiKeyId;
    if (!isOwn || now - request.startedAt > RETENTION_MS) return { ok: true, pages: null };
    const pages = await ctx.db
      .query("streamPages")
      .withIndex("by_requestId_and_index", (q) => q.eq("requestId", requestId).gte("index", fromIndex))
      .take(LIST_PAGES_MAX);
    return {
      ok: true,
      pages: { texts: pages.map(({ text }) => text), isDone: pages.at(-1)?.isLast === true },
    };
  },
});

/** Deletes pages past their day, oldest first, in batches until none is left. A cron starts it. */
export const deleteExpired = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const pages = await ctx.db
      .query("streamPages")
      .withIndex("by_creation_time", (q) => q.lt("_creationTime", Date.now() - RETENTION_MS))
      .take(DELETE_BATCH_PAGES);
    for (const page of pages) await ctx.db.delete("streamPages", page._id);
    if (pages.length === DELETE_BATCH_PAGES) {
      await ctx.scheduler.runAfter(0, internal.streamPages.deleteExpired, {});
    }
    return null;
  },
});
