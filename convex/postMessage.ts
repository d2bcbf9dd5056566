import type { MutationCtx } from "./_generated/server";
import { wakeDispatcher } from "./dispatcher";
import type { Callback, MessageType } from "./model/webhookValidators";
import { writeText } from "./textParts";

interface Message {
  messageId: string;
  type: MessageType;
  runId?: string;
  /** The exact text that is signed and sent. */
  body: string;
}

/** Stores a message and queues it for each of its targets, in the caller's transaction. */
export async function postMessage(
  ctx: MutationCtx,
  message: Message,
  targets: readonly Callback[],
): Promise<void> {
  const { body, ...header } = message;
  await writeText(ctx, message.messageId, body);
  const now = Date.now();
  let isQueued = false;
  for (const target of targets) {
    const to = await addressOf(ctx, target);
    if (to === null) continue;
    await ctx.db.insert("webhookDeliveries", {
      ...header,
      ...to.address,
      status: to.isOpen ? "pending" : "canceled",
      ...(!to.isOpen && { lastError: "The destination is disabled." }),
      dueAt: now,
      createdAt: now,
      claims: 0,
      attempts: 0,
    });
    isQueued ||= to.isOpen;
  }
  if (isQueued) await wakeDispatcher(ctx, "deliveries");
}

async function addressOf(ctx: MutationCtx, target: Callback) {
  if ("url" in target) {
    return { address: { callback: target, lane: new URL(target.url).host }, isOpen: true };
  }
  const { destinationId } = target;
  const destination = await ctx.db.get("destinations", destinationId);
  return (
    destination && {
      address: { destinationId, lane: destinationId },
      isOpen: destination.disabledAt === undefined,
    }
  );
}
