import { type Infer, v } from "convex/values";
import { action, internalMutation, internalQuery, mutation, query } from "./_generated/server";
import { requireMember, requireMemberInAction } from "./members";
import { rotated } from "./model/rotation";
import { vSenderScheme } from "./model/senderScheme";
import { vSealedSecret, vWebhook, vWebhookSettings } from "./model/webhookValidators";
import {
  auditWebhook,
  checkSettings,
  createWebhook,
  listWebhooks,
  pauseWebhook,
  removeWebhook,
  requireWebhook,
  rotateWebhook,
  updateWebhook,
  vListedWebhook,
} from "./webhookChanges";

/** All webhooks, newest first. Never a secret. */
export const list = query({
  args: {},
  returns: v.array(vListedWebhook),
  handler: async (ctx) => {
    await requireMember(ctx, "admin");
    return await listWebhooks(ctx);
  },
});

export const vCreateWebhook = v.object({
  ...vWebhookSettings.fields,
  scheme: vSenderScheme,
  secret: v.optional(v.string()), // the sender's own, where it chooses it: Stripe, Slack
});
export const vCreatedWebhook = v.object({ webhookId: v.id("webhooks"), secret: v.string() });
export type CreatedWebhook = Infer<typeof vCreatedWebhook>;

/** Makes a webhook; its secret is in this answer and nowhere else. */
export const create = action({
  args: vCreateWebhook.fields,
  returns: vCreatedWebhook,
  handler: async (ctx, args): Promise<CreatedWebhook> => {
    const { memberId } = await requireMemberInAction(ctx, "admin");
    return await createWebhook(ctx, args, memberId);
  },
});

export const insert = internalMutation({
  args: { ...vWebhook.fields, secret: vSealedSecret, memberId: v.optional(v.id("members")) },
  returns: v.id("webhooks"),
  handler: async (ctx, args) => {
    const key = await checkSettings(ctx, args);
    const webhookId = await ctx.db.insert("webhooks", { ...args, memberId: args.memberId ?? key.memberId });
    await auditWebhook(ctx, "webhook.create", { webhookId, memberId: args.memberId });
    return webhookId;
  },
});

/** Replaces what an admin decides about a webhook; its id, scheme and secret stay. */
export const update = mutation({
  args: { webhookId: v.id("webhooks"), settings: vWebhookSettings },
  returns: v.null(),
  handler: async (ctx, { webhookId, settings }) => {
    const member = await requireMember(ctx, "admin");
    await updateWebhook(ctx, { webhookId, settings, memberId: member._id });
    return null;
  },
});

/** While paused, events are recorded as ignored; they can be run by hand afterwards. */
export const setPaused = mutation({
  args: { webhookId: v.id("webhooks"), isPaused: v.boolean() },
  returns: v.null(),
  handler: async (ctx, { webhookId, isPaused }) => {
    const member = await requireMember(ctx, "admin");
    await pauseWebhook(ctx, { webhookId, isPaused, memberId: member._id });
    return null;
  },
});

/** A new secret; the one before it is accepted for another 24 hours. */
export const rotate = action({
  args: { webhookId: v.id("webhooks"), secret: v.optional(v.string()) },
  returns: v.object({ secret: v.string() }),
  handler: async (ctx, args): Promise<{ secret: string }> => {
    const { memberId } = await requireMemberInAction(ctx, "admin");
    return await rotateWebhook(ctx, args, memberId);
  },
});

export const setSecret = internalMutation({
  args: { webhookId: v.id("webhooks"), sealed: v.string(), memberId: v.optional(v.id("members")) },
  returns: v.null(),
  handler: async (ctx, { webhookId, sealed, memberId }) => {
    const { secret } = await requireWebhook(ctx, webhookId);
    await ctx.db.patch("webhooks", webhookId, { secret: rotated(secret, sealed, Date.now()) });
    await auditWebhook(ctx, "webhook.rotate", { webhookId, memberId });
    return null;
  },
});

/** Ends a webhook for good; its events stay in the log until they expire. */
export const remove = mutation({
  args: { webhookId: v.id("webhooks") },
  returns: v.null(),
  handler: async (ctx, { webhookId }) => {
    const member = await requireMember(ctx, "admin");
    await removeWebhook(ctx, { webhookId, memberId: member._id });
    return null;
  },
});

const vReceipt = v.object({
  webhookId: v.id("webhooks"),
  apiKeyId: v.id("apiKeys"),
  scheme: vSenderScheme,
  secret: vSealedSecret,
  filters: vWebhookSettings.fields.filters,
  isPaused: v.boolean(),
});

/** What the endpoint needs to check and record an event; null for an id that is no webhook's. */
export const forReceipt = internalQuery({
  args: { webhookId: v.string() },
  returns: v.union(v.null(), vReceipt),
  handler: async (ctx, args): Promise<Infer<typeof vReceipt> | null> => {
    const webhookId = ctx.db.normalizeId("webhooks", args.webhookId);
    const webhook = webhookId && (await ctx.db.get("webhooks", webhookId));
    if (!webhook) return null;
    const { apiKeyId, scheme, secret, filters, pausedAt } = webhook;
    return { webhookId: webhook._id, apiKeyId, scheme, secret, filters, isPaused: pausedAt !== undefined };
  },
});
