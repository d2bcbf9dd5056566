import { ConvexError, type Infer } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import type { ActionCtx, MutationCtx, QueryCtx } from "./_generated/server";
import { recordAudit } from "./auditLog";
import { webhookProblem } from "./model/webhookProblem";
import type { vWebhookSettings } from "./model/webhookValidators";
import { newSenderSecret } from "./webhookSecrets";
import type { CreatedWebhook, vCreateWebhook } from "./webhooks";

/** Without a member it is the operator who creates. */
export async function createWebhook(
  ctx: ActionCtx,
  { secret: given, ...webhook }: Infer<typeof vCreateWebhook>,
  memberId?: Id<"members">,
): Promise<CreatedWebhook> {
  const { secret, sealed } = await newSenderSecret(webhook.scheme, given);
  const webhookId: Id<"webhooks"> = await ctx.runMutation(internal.webhooks.insert, {
    ...webhook,
    ...(memberId && { memberId }),
    secret: { current: sealed },
  });
  return { webhookId, secret };
}

export async function rotateWebhook(
  ctx: ActionCtx,
  { webhookId, secret: given }: { webhookId: Id<"webhooks">; secret?: string },
  memberId?: Id<"members">,
): Promise<{ secret: string }> {
  const webhook = await ctx.runQuery(internal.webhooks.forReceipt, { webhookId });
  if (webhook === null) throw notFound();
  const { secret, sealed } = await newSenderSecret(webhook.scheme, given);
  await ctx.runMutation(internal.webhooks.setSecret, { webhookId, sealed, ...(memberId && { memberId }) });
  return { secret };
}

/** Throws ConvexError `invalidWebhook`; returns the key that pays. */
export async function checkSettings(
  ctx: MutationCtx,
  settings: Infer<typeof vWebhookSettings>,
): Promise<Doc<"apiKeys">> {
  const problem = webhookProblem(settings);
  const key = await ctx.db.get("apiKeys", settings.apiKeyId);
  if (problem !== null) throw invalid(problem);
  if (!key || key.revokedAt !== undefined) throw invalid("The key that pays does not exist or is revoked.");
  for (const destinationId of settings.destinationIds) {
    if (!(await ctx.db.get("destinations", destinationId)))
      throw invalid("A destination does not exist any more.");
  }
  return key;
}

function invalid(message: string): ConvexError<{ code: string; message: string }> {
  return new ConvexError({ code: "invalidWebhook", message });
}

export async function pauseWebhook(
  ctx: MutationCtx,
  {
    webhookId,
    isPaused,
    memberId,
  }: { webhookId: Id<"webhooks">; isPaused: boolean; memberId?: Id<"members"> },
): Promise<void> {
  await requireWebhook(ctx, webhookId);
  await ctx.db.patch("webhooks", webhookId, { pausedAt: isPaused ? Date.now() : undefined });
  await auditWebhook(ctx, isPaused ? "webhook.pause" : "webhook.resume", { webhookId, memberId });
}

export async function requireWebhook(ctx: QueryCtx, webhookId: Id<"webhooks">): Promise<Doc<"webhooks">> {
  const webhook = await ctx.db.get("webhooks", webhookId);
  if (!webhook) throw notFound();
  return webhook;
}

function notFound(): ConvexError<{ code: string; message: string }> {
  return new ConvexError({ code: "notFound", message: "There is no such webhook." });
}

/** Without a member it was the operator. */
export async function auditWebhook(
  ctx: MutationCtx,
  action: string,
  { webhookId, memberId }: { webhookId: Id<"webhooks">; memberId?: Id<"members"> },
): Promise<void> {
  const { name: target } = await requireWebhook(ctx, webhookId);
  const member = memberId ? await ctx.db.get("members", memberId) : null;
  await recordAudit(ctx, member, { action, targetId: webhookId, target });
}
