import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import { v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { type MutationCtx, query } from "./_generated/server";
import { requireMember } from "./members";
import { type AuditEntry, vAuditEntry } from "./model/auditEntry";

/** What the log calls whoever runs functions with the deployment's admin key. */
const OPERATOR = "command line";

/**
 * Appends one row to the audit log, in the transaction of the change that it records. Without a member it was the
 * operator. Give only the fields that changed, and never a secret or its hash.
 */
export async function recordAudit(
  ctx: MutationCtx,
  member: Pick<Doc<"members">, "_id" | "email"> | null,
  change: Omit<AuditEntry, "memberId" | "actor">,
): Promise<void> {
  const actor = member === null ? { actor: OPERATOR } : { memberId: member._id, actor: member.email };
  await ctx.db.insert("auditLog", { ...actor, ...change });
}

const vLoggedChange = v.object({ ...vAuditEntry.fields, _id: v.id("auditLog"), at: v.number() });

/** All changes, newest first; for owners and admins. */
export const list = query({
  args: { paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(vLoggedChange),
  handler: async (ctx, { paginationOpts }) => {
    await requireMember(ctx, "admin");
    const result = await ctx.db.query("auditLog").order("desc").paginate(paginationOpts);
    const page = result.page.map(({ _creationTime: at, ...entry }) => ({ ...entry, at }));
    return { ...result, page };
  },
});
