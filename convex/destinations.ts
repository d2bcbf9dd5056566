import { type Infer, v } from "convex/values";
import { action, internalMutation, internalQuery, mutation, query } from "./_generated/server";
import { disableDestination } from "./deliveryOutcome";
import {
  auditDestination,
  checkDestination,
  createDestination,
  enableDestination,
  refreshAnnouncements,
  replayDeliveries,
  requireDestination,
  rotateDestination,
  sendTest,
} from "./destinationChanges";
import { requireMember, requireMemberInAction } from "./members";
import { rotated } from "./model/rotation";
import { vDestination, vSealedSecret } from "./model/webhookValidators";

const LIST_MAX = 200;

const vListedDestination = v.object({
  ...vDestination.fields,
  destinationId: v.id("destinations"),
  createdAt: v.number(),
  failingSince: v.optional(v.number()),
  disabledAt: v.optional(v.number()),
  disabledBecause: v.optional(v.string()),
  previousSecretUntil: v.optional(v.number()),
});

/** All destinations, newest first. Never a secret. */
export const list = query({
  args: {},
  returns: v.array(vListedDestination),
  handler: async (ctx) => {
    await requireMember(ctx, "admin");
    const rows = await ctx.db.query("destinations").order("desc").take(LIST_MAX);
    return rows.map(
      ({ _id: destinationId, _creationTime: createdAt, secret, memberId: _, ...destination }) => ({
        ...destination,
        destinationId,
        createdAt,
        ...(secret.previousUntil !== undefined && { previousSecretUntil: secret.previousUntil }),
      }),
    );
  },
});

export const vCreatedDestination = v.object({ destinationId: v.id("destinations"), secret: v.string() });
export type CreatedDestination = Infer<typeof vCreatedDestination>;

/** Makes a destination; its signing secret is in this answer and nowhere else. */
export const create = action({
  args: vDestination.fields,
  returns: vCreatedDestination,
  handler: async (ctx, args): Promise<CreatedDestination> => {
    const { memberId } = await requireMemberInAction(ctx, "admin");
    return await createDestination(ctx, args, memberId);
  },
});

export const insert = internalMutation({
  args: { ...vDestination.fields, secret: vSealedSecret, memberId: v.optional(v.id("members")) },
  returns: v.id("destinations"),
  handler: async (ctx, { memberId, ...destination }) => {
    const owner = await checkDestination(ctx, destination, memberId);
    const destinationId = await ctx.db.insert("destinations", { ...destination, memberId: owner });
    await auditDestination(ctx, "destination.create", { destinationId, memberId });
    await refreshAnnouncements(ctx);
    return destinationId;
  },
});

/** Changes name, URL and subscriptions; the secret stays. */
export const update = mutation({
  args: { destinationId: v.id("destinations"), ...vDestination.fields },
  returns: v.null(),
  handler: async (ctx, { destinationId, ...destination }) => {
    const { _id: memberId } = await requireMember(ctx, "admin");
    await requireDestination(ctx, destinationId);
    await checkDestination(ctx, destination, memberId);
    await ctx.db.patch("destinations", destinationId, destination);
    await auditDestination(ctx, "destination.update", { destinationId, memberId });
    await refreshAnnouncements(ctx);
    return null;
  },
});

/** A new signing secret; for 24 hours deliveries carry a signature with each of the two. */
export const rotate = action({
  args: { destinationId: v.id("destinations") },
  returns: v.object({ secret: v.string() }),
  handler: async (ctx, { destinationId }): Promise<{ secret: string }> => {
    const { memberId } = await requireMemberInAction(ctx, "admin");
    return await rotateDestination(ctx, destinationId, memberId);
  },
});

export const setSecret = internalMutation({
  args: { destinationId: v.id("destinations"), sealed: v.string(), memberId: v.optional(v.id("members")) },
  returns: v.null(),
  handler: async (ctx, { destinationId, sealed, memberId }) => {
    const { secret } = await requireDestination(ctx, destinationId);
    await ctx.db.patch("destinations", destinationId, { secret: rotated(secret, sealed, Date.now()) });
    await auditDestination(ctx, "destination.rotate", { destinationId, memberId });
    return null;
  },
});

/** Stops deliveries, or lets them go on after the receiver was mended. */
export const setEnabled = mutation({
  args: { destinationId: v.id("destinations"), isEnabled: v.boolean() },
  returns: v.null(),
  handler: async (ctx, { destinationId, isEnabled }) => {
    const { _id: memberId } = await requireMember(ctx, "admin");
    const destination = await requireDestination(ctx, destinationId);
    if (isEnabled) await enableDestination(ctx, destinationId);
    else await disableDestination(ctx, destination, "An admin disabled it.");
    await auditDestination(ctx, isEnabled ? "destination.enable" : "destination.disable", {
      destinationId,
      memberId,
    });
    return null;
  },
});

/** Ends a destination for good; what waits for it is canceled. */
export const remove = mutation({
  args: { destinationId: v.id("destinations") },
  returns: v.null(),
  handler: async (ctx, { destinationId }) => {
    const { _id: memberId } = await requireMember(ctx, "admin");
    const destination = await requireDestination(ctx, destinationId);
    await disableDestination(ctx, destination, "The destination was removed.");
    await auditDestination(ctx, "destination.remove", { destinationId, memberId });
    await ctx.db.delete("destinations", destinationId);
    await refreshAnnouncements(ctx);
    return null;
  },
});

/** Sends a `webhook.test` message now. */
export const test = mutation({
  args: { destinationId: v.id("destinations") },
  returns: v.object({ messageId: v.string() }),
  handler: async (ctx, { destinationId }) => {
    await requireMember(ctx, "admin");
    return await sendTest(ctx, destinationId);
  },
});

/** Delivers everything of a period again, or only what failed, under the same ids. */
export const replay = mutation({
  args: { destinationId: v.id("destinations"), from: v.number(), to: v.number(), onlyFailed: v.boolean() },
  returns: v.null(),
  handler: async (ctx, args) => {
    const { _id: memberId } = await requireMember(ctx, "admin");
    await auditDestination(ctx, "destination.replay", { destinationId: args.destinationId, memberId });
    await replayDeliveries(ctx, args);
    return null;
  },
});

/** The next batch of a replay. */
export const replayBatch = internalMutation({
  args: {
    destinationId: v.id("destinations"),
    from: v.number(),
    to: v.number(),
    onlyFailed: v.boolean(),
    cursor: v.string(),
  },
  returns: v.null(),
  handler: async (ctx, { cursor, ...period }) => {
    await replayDeliveries(ctx, period, cursor);
    return null;
  },
});

/** The enabled destination with exactly this URL, whose secret then signs a job's callback. */
export const findByUrl = internalQuery({
  args: { url: v.string() },
  returns: v.union(v.null(), v.id("destinations")),
  handler: async (ctx, { url }) => {
    const rows = await ctx.db.query("destinations").take(LIST_MAX);
    return rows.find((row) => row.url === url && row.disabledAt === undefined)?._id ?? null;
  },
});
