import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import { type Infer, v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { action, type MutationCtx, mutation, type QueryCtx, query } from "./_generated/server";
import { recordAudit } from "./auditLog";
import { setLimits } from "./limits";
import type { Actor } from "./limitTargets";
import { readLimitUsage, vLimitUsage } from "./limitUsage";
import { requireMember, requireMemberInAction } from "./members";
import { gatewayScope, memberScope } from "./meteredScopes";
import { type BudgetEvent, vBudgetEvent } from "./model/budgetEvent";
import { vMeterLimits } from "./model/limits";
import { patchSettings, readSettingsRow } from "./settings";
import { slotCount } from "./slots";

const MEMBERS_MAX = 500;

const vMemberBudget = v.object({
  memberId: v.id("members"),
  email: v.string(),
  limits: vMeterLimits,
  usage: vLimitUsage,
});
const vGatewayBudget = v.object({
  limits: vMeterLimits,
  usage: vLimitUsage,
  killedAt: v.optional(v.number()),
  /** Requests at once, whatever the limits say: what the deployment can run. */
  concurrentRequestsMax: v.number(),
});

/** Limits of the gateway and of every member, and what is used of them; for owners and admins. */
export const list = query({
  args: {},
  returns: v.object({ gateway: vGatewayBudget, members: v.array(vMemberBudget) }),
  handler: async (ctx) => {
    await requireMember(ctx, "admin");
    const settings = await readSettingsRow(ctx);
    const gateway = {
      limits: settings?.limits ?? {},
      usage: await readLimitUsage(ctx, gatewayScope(settings)),
      killedAt: settings?.killedAt,
      concurrentRequestsMax: slotCount(undefined),
    };
    const members: Infer<typeof vMemberBudget>[] = [];
    for (const member of await ctx.db.query("members").withIndex("by_email").take(MEMBERS_MAX)) {
      if (member.removedAt !== undefined) continue;
      const usage = await readLimitUsage(ctx, memberScope(member));
      members.push({ memberId: member._id, email: member.email, limits: member.limits ?? {}, usage });
    }
    return { gateway, members };
  },
});

/** Replaces the limits of all keys, chats and actions of a member together. */
export const setMemberLimits = action({
  args: { memberId: v.id("members"), limits: vMeterLimits },
  returns: v.null(),
  handler: async (ctx, { memberId, limits }): Promise<null> => {
    const { memberId: actorId } = await requireMemberInAction(ctx, "admin");
    return await setLimits(ctx, { target: { scope: "member", memberId }, limits, actorId });
  },
});

/** Replaces the limits of the whole gateway. */
export const setGatewayLimits = action({
  args: { limits: vMeterLimits },
  returns: v.null(),
  handler: async (ctx, { limits }): Promise<null> => {
    const { memberId: actorId } = await requireMemberInAction(ctx, "admin");
    return await setLimits(ctx, { target: { scope: "gateway" }, limits, actorId });
  },
});

/** Refuses every request from now on and ends those that run, within six seconds. */
export const killGateway = mutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => await switchGateway(ctx, await requireMember(ctx, "admin"), "kill"),
});

/** Lets the gateway answer again. */
export const resumeGateway = mutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => await switchGateway(ctx, await requireMember(ctx, "admin"), "resume"),
});

/** The kill switch of the whole gateway. Idempotent. */
export async function switchGateway(
  ctx: MutationCtx,
  actor: Actor,
  change: "kill" | "resume",
): Promise<null> {
  const before = killedAtOf(await readSettingsRow(ctx));
  if ((before.killedAt !== undefined) === (change === "kill")) return null;
  const after = { killedAt: change === "kill" ? Date.now() : undefined };
  await patchSettings(ctx, after);
  await recordAudit(ctx, actor, { action: `gateway.${change}`, target: "gateway", before, after });
  return null;
}

function killedAtOf(settings: Doc<"settings"> | null): { killedAt: number | undefined } {
  return { killedAt: settings?.killedAt };
}

const vListedEvent = v.object({
  ...vBudgetEvent.fields,
  _id: v.id("budgetEvents"),
  at: v.number(),
  /** Of the key or member; the gateway has none. */
  name: v.string(),
});

/** Budgets that reached a threshold or ran out, newest first; for owners and admins. */
export const listEvents = query({
  args: { paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(vListedEvent),
  handler: async (ctx, { paginationOpts }) => {
    await requireMember(ctx, "admin");
    const result = await ctx.db.query("budgetEvents").order("desc").paginate(paginationOpts);
    const page: Infer<typeof vListedEvent>[] = [];
    for (const { _creationTime: at, ...event } of result.page) {
      page.push({ ...event, at, name: await nameOf(ctx, event) });
    }
    return { ...result, page };
  },
});

async function nameOf(ctx: QueryCtx, { apiKeyId, memberId }: BudgetEvent): Promise<string> {
  if (apiKeyId) return (await ctx.db.get("apiKeys", apiKeyId))?.name ?? "";
  return memberId ? ((await ctx.db.get("members", memberId))?.email ?? "") : "";
}
