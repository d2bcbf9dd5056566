import { v } from "convex/values";
import { internalMutation, type QueryCtx } from "./_generated/server";
import { admitRequest, vAdmitArgs } from "./admission";
import { vDecision } from "./model/decision";
import { vOutcome } from "./model/outcome";
import { settleRequest } from "./settlement";
import { coolDown, withUpstreamKey } from "./upstreamKeys";

/**
 * Settles a failed attempt and admits the next one, priced and reserved anew, in one transaction. The request id
 * goes to the new row, so that it always names the attempt that the client hears of; the old row's gets its number.
 */
export const admitAgain = internalMutation({
  args: {
    rowId: v.id("requests"),
    outcome: vOutcome,
    request: v.object(vAdmitArgs.fields),
    cooldown: v.optional(v.object({ keyIndex: v.number(), until: v.number() })),
  },
  returns: vDecision,
  handler: async (ctx, { rowId, outcome, request, cooldown }) => {
    const row = await ctx.db.get("requests", rowId);
    if (row?.status !== "running") {
      throw new Error(`attempt ${rowId} is not running, so there is no next one`);
    }
    await settleRequest(ctx, row, outcome);
    if (cooldown) {
      await coolDown(ctx, cooldown.keyIndex, cooldown.until);
    }
    const attemptNumber = row.attemptNumber ?? 1;
    await ctx.db.patch("requests", rowId, { requestId: `${row.requestId}.${attemptNumber}` });
    const decision = await withUpstreamKey(ctx, await admitRequest(ctx, request));
    if (decision.ok) {
      await ctx.db.patch("requests", decision.rowId, { attemptNumber: attemptNumber + 1 });
    } else if (!(await hasRow(ctx, row.requestId))) {
      await ctx.db.patch("requests", rowId, { requestId: row.requestId });
    }
    return decision;
  },
});

async function hasRow(ctx: QueryCtx, requestId: string): Promise<boolean> {
  const rows = ctx.db.query("requests").withIndex("by_requestId", (q) => q.eq("requestId", requestId));
  return (await rows.first()) !== null;
}
