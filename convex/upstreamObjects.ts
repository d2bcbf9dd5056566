import { type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { internalMutation, internalQuery, type MutationCtx, type QueryCtx } from "./_generated/server";
import { findPayer, type Payer } from "./admission";
import { vRefusal } from "./model/decision";
import { vObjectKind } from "./model/validators";

const PAGE_MAX = 1_000;
const DELETE_BATCH = 100;
/** Claude keeps a batch's results for 29 days and a container for 30. */
const KEPT_MS = 30 * 24 * 60 * 60_000;

/** Whose an object is. A key's objects are that key's alone. */
export type ObjectOwner = Pick<Payer, "memberId" | "apiKeyId">;

const vObject = v.object({
  objectId: v.string(),
  metadata: v.optional(v.string()),
  isSettled: v.boolean(),
});
export type OwnedObject = Infer<typeof vObject>;

const vOwned = v.union(
  v.object({ ok: v.literal(true), object: v.union(v.null(), vObject) }),
  v.object({ ok: v.literal(false), refusal: vRefusal }),
);

/** An object of a key, or null: also when it is another's. */
export const get = internalQuery({
  args: { keyHash: v.string(), objectId: v.string(), now: v.number() },
  returns: vOwned,
  handler: async (ctx, { keyHash, objectId, now }): Promise<Infer<typeof vOwned>> => {
    const payer = await findPayer(ctx, { keyHash }, now);
    if ("reason" in payer) return { ok: false, refusal: payer };
    const row = await findOwned(ctx, payer, objectId);
    return { ok: true, object: row && described(row) };
  },
});

const vPage = v.union(
  v.object({ ok: v.literal(true), objects: v.array(vObject), hasMore: v.boolean() }),
  v.object({ ok: v.literal(false), refusal: vRefusal }),
);

/** A page of a key's objects, newest first, by Anthropic's cursors. An unknown cursor starts at the beginning. */
export const list = internalQuery({
  args: {
    keyHash: v.string(),
    kind: vObjectKind,
    limit: v.number(),
    afterId: v.optional(v.string()),
    beforeId: v.optional(v.string()),
    now: v.number(),
  },
  returns: vPage,
  handler: async (ctx, args): Promise<Infer<typeof vPage>> => {
    const payer = await findPayer(ctx, { keyHash: args.keyHash }, args.now);
    if ("reason" in payer) return { ok: false, refusal: payer };
    const { memberId, apiKeyId } = payer;
    const cursorId = args.beforeId ?? args.afterId;
    const cursor = cursorId === undefined ? null : await findOwned(ctx, payer, cursorId);
    const isBackwards = args.beforeId !== undefined;
    const rows = await ctx.db
      .query("upstreamObjects")
      .withIndex("by_owner_and_kind", (q) => {
        const own = q.eq("memberId", memberId).eq("apiKeyId", apiKeyId).eq("kind", args.kind);
        if (!cursor) return own;
        return isBackwards
          ? own.gt("_creationTime", cursor._creationTime)
          : own.lt("_creationTime", cursor._creationTime);
      })
      .order(isBackwards ? "asc" : "desc")
      .take(Math.min(args.limit, PAGE_MAX) + 1);
    const page = rows.slice(0, args.limit);
    const objects = (isBackwards ? page.reverse() : page).map(described);
    return { ok: true, objects, hasMore: rows.length > args.limit };
  },
});

function described({ objectId, metadata, pollAt }: Doc<"upstreamObjects">): OwnedObject {
  return { objectId, metadata, isSettled: pollAt === undefined };
}

/** Notes that a key created an object. */
export const record = internalMutation({
  args: { keyHash: v.string(), kind: vObjectKind, objectId: v.string(), metadata: v.string() },
  returns: v.null(),
  handler: async (ctx, { keyHash, kind, objectId, metadata }) => {
    const payer = await findPayer(ctx, { keyHash }, Date.now());
    if ("reason" in payer) throw new Error(`${payer.reason}: ${objectId} has no owner`);
    await insertObject(ctx, payer, { kind, objectId, metadata });
    return null;
  },
});

/** Forgets an object that was deleted. */
export const remove = internalMutation({
  args: { keyHash: v.string(), objectId: v.string() },
  returns: v.null(),
  handler: async (ctx, { keyHash, objectId }) => {
    const payer = await findPayer(ctx, { keyHash }, Date.now());
    const row = "reason" in payer ? null : await findOwned(ctx, payer, objectId);
    if (row) await ctx.db.delete("upstreamObjects", row._id);
    return null;
  },
});

/** Forgets the batches and containers that Claude no longer has, a batch a transaction. Files have no such age. */
export const deleteExpired = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    let deleted = 0;
    for (const kind of ["batch", "container"] as const) {
      const old = await ctx.db
        .query("upstreamObjects")
        .withIndex("by_kind", (q) => q.eq("kind", kind).lt("_creationTime", Date.now() - KEPT_MS))
        .take(DELETE_BATCH - deleted);
      for (const { _id } of old) await ctx.db.delete("upstreamObjects", _id);
      deleted += old.length;
    }
    if (deleted === DELETE_BATCH) await ctx.scheduler.runAfter(0, internal.upstreamObjects.deleteExpired, {});
    return null;
  },
});

export async function findOwned(
  ctx: QueryCtx,
  { memberId, apiKeyId }: ObjectOwner,
  objectId: string,
): Promise<Doc<"upstreamObjects"> | null> {
  return await ctx.db
    .query("upstreamObjects")
    .withIndex("by_owner_and_objectId", (q) =>
      q.eq("memberId", memberId).eq("apiKeyId", apiKeyId).eq("objectId", objectId),
    )
    .unique();
}

/** The first id that is not the caller's own, or null. */
export async function findForeign(
  ctx: QueryCtx,
  owner: ObjectOwner,
  objectIds: readonly string[],
): Promise<string | null> {
  for (const objectId of new Set(objectIds)) {
    if (!(await findOwned(ctx, owner, objectId))) return objectId;
  }
  return null;
}

export async function insertObject(
  ctx: MutationCtx,
  { memberId, apiKeyId }: ObjectOwner,
  object: Pick<Doc<"upstreamObjects">, "kind" | "objectId" | "metadata" | "requestRowId" | "pollAt">,
): Promise<void> {
  if (!(await findOwned(ctx, { memberId, apiKeyId }, object.objectId))) {
    await ctx.db.insert("upstreamObjects", { memberId, apiKeyId, ...object });
  }
}
