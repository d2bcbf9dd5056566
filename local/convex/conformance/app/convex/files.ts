import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const id = v.id("_storage");

export const storeInAction = action({
  args: { text: v.string(), type: v.optional(v.string()), sha256: v.optional(v.string()) },
  handler: (ctx, { text, type, sha256 }) => ctx.storage.store(new Blob([text], { type }), { sha256 }),
});

export const readInAction = action({
  args: { id },
  handler: async (ctx, args) => {
    const blob = await ctx.storage.get(args.id);
    return blob && { text: await blob.text(), type: blob.type };
  },
});

export const deleteInAction = action({
  args: { id },
  handler: (ctx, args) => ctx.storage.delete(args.id),
});

export const storeInMutation = mutation({
  args: { text: v.string() },
  handler: (ctx, { text }) => ctx.storage.store(new Blob([text], { type: "text/plain" })),
});

export const readInMutation = mutation({
  args: { id },
  handler: async (ctx, args) => (await ctx.storage.get(args.id))?.text() ?? null,
});

export const deleteInMutation = mutation({
  args: { id },
  handler: (ctx, args) => ctx.storage.delete(args.id),
});

export const deleteThenThrow = mutation({
  args: { id },
  handler: async (ctx, args) => {
    await ctx.storage.delete(args.id);
    throw new Error("taken back");
  },
});

export const uploadUrl = mutation({ args: {}, handler: (ctx) => ctx.storage.generateUploadUrl() });

export const url = query({ args: { id }, handler: (ctx, args) => ctx.storage.getUrl(args.id) });

export const document = query({ args: { id }, handler: (ctx, args) => ctx.db.system.get(args.id) });

export const list = query({ args: {}, handler: (ctx) => ctx.db.system.query("_storage").collect() });
