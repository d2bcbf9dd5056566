import type { MutationCtx } from "./_generated/server";
import { messageBody } from "./model/answerBody";
import type { Announcement } from "./model/webhookValidators";
import { postMessage } from "./postMessage";

const DESTINATIONS_MAX = 200;

/** Sends an event of the gateway to the destinations that subscribe to its type, in the caller's transaction. */
export async function announce(
  ctx: MutationCtx,
  type: Announcement,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const destinations = await ctx.db.query("destinations").take(DESTINATIONS_MAX);
  const targets = destinations
    .filter(({ eventTypes, disabledAt }) => disabledAt === undefined && eventTypes.includes(type))
    .map(({ _id: destinationId }) => ({ destinationId }));
  if (targets.length === 0) return;
  const messageId = `msg_${crypto.randomUUID().replaceAll("-", "")}`;
  await postMessage(
    ctx,
    { messageId, type, body: messageBody(type, Date.now(), JSON.stringify(data)) },
    targets,
  );
}
