import { ConvexError, type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import type { ActionCtx, MutationCtx, QueryCtx } from "./_generated/server";
import { commandLineOwner } from "./apiKeys";
import { recordAudit } from "./auditLog";
import { redeliver } from "./deliveries";
import { disableDestination } from "./deliveryOutcome";
import type { CreatedDestination } from "./destinations";
import { allowsLoopbackCallbacks } from "./gateway/config";
import { messageBody } from "./model/answerBody";
import { callbackUrlProblem } from "./model/callbackUrl";
import { vDestination } from "./model/webhookValidators";
import { postMessage } from "./postMessage";
import { patchSettings, readSettingsRow } from "./settings";
import { newDestinationSecret } from "./webhookSecrets";

const NAME_LENGTH_MAX = 100;
const REPLAY_BATCH = 100;
export const DESTINATIONS_MAX = 200;

type Destination = Infer<typeof vDestination>;

/** Which destination, and who changes it: without a member the operator. */
interface Change {
  destinationId: Id<"destinations">;
  memberId?: Id<"members"> | undefined;
}

export const vListedDestination = v.object({
  ...vDestination.fields,
  destinationId: v.id("destinations"),
  createdAt: v.number(),
  failingSince: v.optional(v.number()),
  disabledAt: v.optional(v.number()),
  disabledBecause: v.optional(v.string()),
  previousSecretUntil: v.optional(v.number()),
});

export async function listDestinations(ctx: QueryCtx): Promise<Infer<typeof vListedDestination>[]> {
  const rows = await ctx.db.query("destinations").order("desc").take(DESTINATIONS_MAX);
  return rows.map(
    ({ _id: destinationId, _creationTime: createdAt, secret, memberId: _, ...destination }) => ({
      ...destination,
      destinationId,
      createdAt,
      ...(secret.previousUntil !== undefined && { previousSecretUntil: secret.previousUntil }),
    }),
  );
}

/** Without a member it is the operator who creates. */
export async function createDestination(
  ctx: ActionCtx,
  destination: Destination,
  memberId?: Id<"members">,
): Promise<CreatedDestination> {
  const { secret, sealed } = await newDestinationSecret();
  const destinationId: Id<"destinations"> = await ctx.runMutation(internal.destinations.insert, {
    ...destination,
    ...(memberId && { memberId }),
    secret: { current: sealed },
  });
  return { destinationId, secret };
}

export async function rotateDestination(
  ctx: ActionCtx,
  destinationId: Id<"destinations">,
  memberId?: Id<"members">,
): Promise<{ secret: string }> {
  const { secret, sealed } = await newDestinationSecret();
  await ctx.runMutation(internal.destinations.setSecret, {
    destinationId,
    sealed,
    ...(memberId && { memberId }),
  });
  return { secret };
}

/** Throws ConvexError `invalidDestination`; returns the member that owns the destination. */
export async function checkDestination(
  ctx: MutationCtx,
  { name, url }: Destination,
  memberId: Id<"members"> | undefined,
): Promise<Id<"members">> {
  const nameProblem =
    name.trim() === "" || name.length > NAME_LENGTH_MAX
      ? `The name has ${name.length} characters; it needs 1 to ${NAME_LENGTH_MAX}.`
      : null;
  const message = nameProblem ?? callbackUrlProblem(url, allowsLoopbackCallbacks());
  if (message !== null) throw new ConvexError({ code: "invalidDestination", message });
  return memberId ?? (await commandLineOwner(ctx));
}

export async function requireDestination(
  ctx: QueryCtx,
  destinationId: Id<"destinations">,
): Promise<Doc<"destinations">> {
  const destination = await ctx.db.get("destinations", destinationId);
  if (!destination) throw new ConvexError({ code: "notFound", message: "There is no such destination." });
  return destination;
}

export async function updateDestination(
  ctx: MutationCtx,
  { destination, ...change }: Change & { destination: Destination },
): Promise<void> {
  await requireDestination(ctx, change.destinationId);
  await checkDestination(ctx, destination, change.memberId);
  await ctx.db.patch("destinations", change.destinationId, destination);
  await auditDestination(ctx, "destination.update", change);
  await refreshAnnouncements(ctx);
}

/** A destination that was disabled starts again without a history of failures. */
export async function switchDestination(
  ctx: MutationCtx,
  { isEnabled, ...change }: Change & { isEnabled: boolean },
): Promise<void> {
  const destination = await requireDestination(ctx, change.destinationId);
  if (isEnabled) {
    const fields = { disabledAt: undefined, disabledBecause: undefined, failingSince: undefined };
    await ctx.db.patch("destinations", change.destinationId, fields);
    await refreshAnnouncements(ctx);
  } else {
    const who = change.memberId ? "An admin" : "The operator";
    await disableDestination(ctx, destination, `${who} disabled it.`);
  }
  await auditDestination(ctx, isEnabled ? "destination.enable" : "destination.disable", change);
}

/** What waits for it is canceled. */
export async function removeDestination(ctx: MutationCtx, change: Change): Promise<void> {
  const destination = await requireDestination(ctx, change.destinationId);
  await disableDestination(ctx, destination, "The destination was removed.");
  await auditDestination(ctx, "destination.remove", change);
  await ctx.db.delete("destinations", change.destinationId);
  await refreshAnnouncements(ctx);
}

export async function sendTest(
  ctx: MutationCtx,
  destinationId: Id<"destinations">,
): Promise<{ messageId: string }> {
  const { name, disabledAt } = await requireDestination(ctx, destinationId);
  if (disabledAt !== undefined) {
    throw new ConvexError({ code: "disabled", message: "The destination is disabled. Enable it first." });
  }
  const messageId = `msg_test_${crypto.randomUUID().replaceAll("-", "")}`;
  const body = messageBody(
    "webhook.test",
    Date.now(),
    JSON.stringify({ destination: { id: destinationId, name } }),
  );
  await postMessage(ctx, { messageId, type: "webhook.test", body }, [{ destinationId }]);
  return { messageId };
}

export interface Replay {
  destinationId: Id<"destinations">;
  from: number;
  to: number;
  onlyFailed: boolean;
}

/** Redelivers a batch of a period and schedules the rest. */
export async function replayDeliveries(
  ctx: MutationCtx,
  replay: Replay,
  cursor: string | null = null,
): Promise<void> {
  const { destinationId, from, to, onlyFailed } = replay;
  const batch = await ctx.db
    .query("webhookDeliveries")
    .withIndex("by_destinationId_and_createdAt", (q) =>
      q.eq("destinationId", destinationId).gte("createdAt", from).lte("createdAt", to),
    )
    .paginate({ cursor, numItems: REPLAY_BATCH });
  for (const { _id, status } of batch.page) {
    const hasEnded = status !== "pending" && status !== "sending";
    if (hasEnded && (!onlyFailed || status !== "delivered")) await redeliver(ctx, _id);
  }
  if (!batch.isDone) {
    const next = { ...replay, cursor: batch.continueCursor };
    await ctx.scheduler.runAfter(0, internal.destinations.replayBatch, next);
  }
}

/** Lets admit mark requests while, and only while, somebody wants to know of their ends. */
export async function refreshAnnouncements(ctx: MutationCtx): Promise<void> {
  const destinations = await ctx.db.query("destinations").take(DESTINATIONS_MAX);
  const isWanted = destinations.some(
    ({ eventTypes, disabledAt }) => disabledAt === undefined && eventTypes.includes("request.completed"),
  );
  const settings = await readSettingsRow(ctx);
  if (isWanted !== (settings?.announcesRequests ?? false)) {
    await patchSettings(ctx, { announcesRequests: isWanted || undefined });
  }
}

/** Without a member it was the operator. */
export async function auditDestination(
  ctx: MutationCtx,
  action: string,
  { destinationId, memberId }: Change,
): Promise<void> {
  const { name: target } = await requireDestination(ctx, destinationId);
  const member = memberId ? await ctx.db.get("members", memberId) : null;
  await recordAudit(ctx, member, { action, targetId: destinationId, target });
}
