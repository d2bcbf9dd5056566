import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { errorEvent } from "./gateway/StreamOutput";
import { ContentBlocks } from "./model/contentBlocks";
import { settleRequest } from "./settlement";

const EXPIRED = {
  type: "timeout_error",
  message: "The gateway stopped working on this request before Claude's answer was complete.",
};

/** Settles a request whose worker died, at an estimate; a durable stream keeps what had arrived, and ends. */
export async function expireRequest(ctx: MutationCtx, row: Doc<"requests">): Promise<void> {
  await settleRequest(ctx, row, {
    status: "expired",
    usageSource: "estimated",
    ...(row.servedAs && { servedAs: row.servedAs }),
    errorType: EXPIRED.type,
    errorMessage: EXPIRED.message,
  });
  if (!row.isDurable || !row.isStreaming) {
    return;
  }
  const blocks = new ContentBlocks();
  // Joined before it is read: an event longer than a page is spread over several.
  let text = "";
  let pageCount = 0;
  const pages = ctx.db
    .query("streamPages")
    .withIndex("by_requestId_and_index", (q) => q.eq("requestId", row.requestId));
  for await (const page of pages) {
    text += page.text;
    pageCount++;
  }
  blocks.addEvents(text);
  await ctx.runMutation(internal.streamPages.append, {
    requestId: row.requestId,
    memberId: row.memberId,
    index: pageCount,
    text: row.source === "chat" ? "" : errorEvent(EXPIRED, row.requestId),
    isLast: true,
  });
  await ctx.runMutation(internal.messages.finish, {
    requestId: row.requestId,
    status: "failed",
    contentJson: blocks.toJson(),
    errorMessage: EXPIRED.message,
  });
}
