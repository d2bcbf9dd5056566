import type { MutationCtx, QueryCtx } from "./_generated/server";
import { splitContent } from "./model/messageContent";

/** Stores a text of any length under a name of its own. */
export async function writeText(ctx: MutationCtx, of: string, text: string): Promise<void> {
  for (const [index, part] of splitContent(text).entries()) {
    await ctx.db.insert("textParts", { of, index, text: part });
  }
}

/** The text of that name; null when it was deleted or never there. */
export async function readText(ctx: QueryCtx, of: string): Promise<string | null> {
  let text: string | null = null;
  for await (const part of partsOf(ctx, of)) {
    text = (text ?? "") + part.text;
  }
  return text;
}

export async function deleteText(ctx: MutationCtx, of: string): Promise<void> {
  for await (const part of partsOf(ctx, of)) {
    await ctx.db.delete("textParts", part._id);
  }
}

function partsOf(ctx: QueryCtx, of: string) {
  return ctx.db.query("textParts").withIndex("by_of_and_index", (q) => q.eq("of", of));
}
