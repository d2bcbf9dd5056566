import {
  actionGeneric as action,
  makeFunctionReference,
  mutationGeneric as mutation,
  paginationOptsValidator,
  queryGeneric as query,
} from "convex/server";
import { ConvexError, v } from "convex/values";

export const list = query({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_channel", (range) => range.eq("channel", channel))
      .collect();
    // The time tells whether this evaluation is a new one.
    return { bodies: messages.map((message) => String(message.body)), evaluatedAt: Date.now() };
  },
});

export const page = query({
  args: { channel: v.string(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { channel, paginationOpts }) =>
    await ctx.db
      .query("messages")
      .withIndex("by_channel", (range) => range.eq("channel", channel))
      .paginate(paginationOpts),
});

export const send = mutation({
  args: { channel: v.string(), body: v.string() },
  handler: async (ctx, message) => await ctx.db.insert("messages", message),
});

export const refuse = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("messages", { channel: "refused", body: "rolled back" });
    throw new ConvexError({ code: "refused", message: "No." });
  },
});

export const shout = action({
  args: { channel: v.string(), body: v.string() },
  handler: async (ctx, { channel, body }): Promise<string> => {
    await ctx.runMutation(makeFunctionReference<"mutation">("messages:send"), {
      channel,
      body: body.toUpperCase(),
    });
    return `${process.env.GREETING ?? "no greeting"}: ${body.toUpperCase()}`;
  },
});

export const viewer = query({
  args: {},
  handler: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null,
});
