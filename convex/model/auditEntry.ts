import { type Infer, v } from "convex/values";

/** The fields that a change touched, by name. Secrets and their hashes never stand here. */
export const vAuditFields = v.record(v.string(), v.any());
export type AuditFields = Infer<typeof vAuditFields>;

/** Who changed what: `"key.revoke"` on the key with this id. */
export const vAuditEntry = v.object({
  /** Absent: the operator, by `npx convex run` or the dashboard. */
  memberId: v.optional(v.id("members")),
  /** As it was then; `command line` for the operator. */
  actor: v.string(),
  /** Noun and verb: `key.revoke`, `member.setRole`. */
  action: v.string(),
  /** Id of the document that was changed; absent for the gateway as a whole. */
  targetId: v.optional(v.string()),
  /** What people call the target: a key's name, an e-mail address. */
  target: v.string(),
  before: v.optional(vAuditFields),
  after: v.optional(vAuditFields),
});
export type AuditEntry = Infer<typeof vAuditEntry>;
