import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

export const speak = query({
  args: { text: v.string() },
  handler: async (_ctx, { text }) => {
    console.log("said", { text });
    console.warn(text);
    return null;
  },
});

export const fail = mutation({
  args: {},
  handler: async () => {
    console.error("about to fail");
    throw new Error("failed on purpose");
  },
});
