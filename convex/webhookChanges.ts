import { ConvexError, type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import type { ActionCtx, MutationCtx, QueryCtx } from "./_generated/server";
import { recordAudit } from "./auditLog";
import { webhookProblem } from "./model/webhookProblem";
import { vWebhook, type vWebhookSettings } from "./model/webhookValidators";
import { newSenderSecret } from "./webhookSecrets";
import type { CreatedWebhook, vCreateWebhook } from "./webhooks";

const LIST_MAX = 200;

export const vListedWebhook = v.object({
  ...vWebhook.fields,
  webhookId: v.id("webhooks"),
  createdAt: v.number(),
  keyName: v.union(v.null(), v.string()),
  previousSecretUntil: v.optional(v.number()),
});

export async function listWebhooks(ctx: QueryCtx): Promise<Infer<typeof vListedWebhook>[]> {
  const rows = await ctx.db.query("webhooks").order("desc").take(LIST_MAX);
  return await Promise.all(
    rows.map(async ({ _id: webhookId, _creationTime: createdAt, secret, memberId: _, ...webhook }) => ({
      ...webhook,
      webhookId,
      createdAt,
      keyName: (await ctx.db.get("apiKeys", webhook.apiKeyId))?.name ?? null,
      ...(secret.previousUntil !== undefined && { previousSecretUntil: secret.previousUntil }),
    })),
  );
}

/** Which webhook, and who changes it: without a member the operator. */
interface Change {
  webhookId: Id<"webhooks">;
  memberId?: Id<"members">;
}

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
  { webhookId, isPaused, memberId }: Change & { isPaused: boolean },
): Promise<void> {
  await requireWebhook(ctx, webhookId);
  await ctx.db.patch("webhooks", webhookId, { pausedAt: isPaused ? Date.now() : undefined });
  await auditWebhook(ctx, isPaused ? "webhook.pause" : "webhook.resume", { webhookId, memberId });
}

export async function updateWebhook(
  ctx: MutationCtx,
  { webhookId, settings, memberId: changer }: Change & { settings: Infer<typeof vWebhookSettings> },
): Promise<void> {
  const { memberId, scheme, secret, pausedAt } = await requireWebhook(ctx, webhookId);
  await checkSettings(ctx, settings);
  await ctx.db.replace("webhooks", webhookId, { ...settings, memberId, scheme, secret, pausedAt });
  await auditWebhook(ctx, "webhook.update", { webhookId, memberId: changer });
}

export async function removeWebhook(ctx: MutationCtx, change: Change): Promise<void> {
  await auditWebhook(ctx, "webhook.remove", change);
  await ctx.db.delete("webhooks", change.webhookId);
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
  { webhookId, memberId }: Change,
): Promise<void> {
  const { name: target } = await requireWebhook(ctx, webhookId);
  const member = memberId ? await ctx.db.get("members", memberId) : null;
  await recordAudit(ctx, member, { action, targetId: webhookId, target });
}
