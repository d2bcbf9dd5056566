import { type Infer, v } from "convex/values";
import { action, internalMutation, internalQuery, mutation, query } from "./_generated/server";
import {
  auditDestination,
  checkDestination,
  createDestination,
  DESTINATIONS_MAX,
  listDestinations,
  refreshAnnouncements,
  removeDestination,
  replayDeliveries,
  requireDestination,
  rotateDestination,
  sendTest,
  switchDestination,
  updateDestination,
  vListedDestination,
} from "./destinationChanges";
import { requireMember, requireMemberInAction } from "./members";
import { rotated } from "./model/rotation";
import { vDestination, vSealedSecret } from "./model/webhookValidators";

/** All destinations, newest first. Never a secret. */
export const list = query({
  args: {},
  returns: v.array(vListedDestination),
  handler: async (ctx) => {
    await requireMember(ctx, "admin");
    return await listDestinations(ctx);
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
    await updateDestination(ctx, { destinationId, destination, memberId });
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
    await switchDestination(ctx, { destinationId, isEnabled, memberId });
    return null;
  },
});

/** Ends a destination for good; what waits for it is canceled. */
export const remove = mutation({
  args: { destinationId: v.id("destinations") },
  returns: v.null(),
  handler: async (ctx, { destinationId }) => {
    const { _id: memberId } = await requireMember(ctx, "admin");
    await removeDestination(ctx, { destinationId, memberId });
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
    const rows = await ctx.db.query("destinations").take(DESTINATIONS_MAX);
    return rows.find((row) => row.url === url && row.disabledAt === undefined)?._id ?? null;
  },
});
