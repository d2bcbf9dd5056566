import { type Infer, v } from "convex/values";
import type { Id } from "./_generated/dataModel";
import { internalAction, internalMutation, internalQuery } from "./_generated/server";
import { redeliver } from "./deliveries";
import { attemptsOf, vAttempt } from "./deliveryLog";
import {
  auditDestination,
  createDestination,
  listDestinations,
  removeDestination,
  replayDeliveries,
  requireDestination,
  rotateDestination,
  sendTest,
  switchDestination,
  updateDestination,
  vListedDestination,
} from "./destinationChanges";
import { type CreatedDestination, vCreatedDestination } from "./destinations";
import { eventDetail, vEventDetail } from "./events";
import { vSenderScheme } from "./model/senderScheme";
import {
  vDeliveryStatus,
  vDestination,
  vProblem,
  vRunStatus,
  vWebhookSettings,
} from "./model/webhookValidators";
import { rerunEvent } from "./runEnding";
import {
  createWebhook,
  listWebhooks,
  pauseWebhook,
  removeWebhook,
  requireWebhook,
  rotateWebhook,
  updateWebhook,
  vListedWebhook,
} from "./webhookChanges";
import { type CreatedWebhook, vCreatedWebhook } from "./webhooks";

const LIST_DEFAULT = 50;
const CONCURRENT_RUNS_DEFAULT = 5;

const { name, apiKeyId, prompt, system, model, maxTokens, answerSchemaJson } = vWebhookSettings.fields;

/** `npx convex run admin:createWebhook '{"name":"triage","apiKeyId":"…","scheme":"github","prompt":"Triage: {{ payload.issue.title }}"}'` */
export const createWebhookFromCli = internalAction({
  args: {
    ...{ name, apiKeyId, prompt, system, model, maxTokens, answerSchemaJson },
    scheme: vSenderScheme,
    secret: v.optional(v.string()),
    filters: v.optional(vWebhookSettings.fields.filters),
    destinationIds: v.optional(vWebhookSettings.fields.destinationIds),
    concurrentRuns: v.optional(v.number()),
  },
  returns: v.object({ ...vCreatedWebhook.fields, path: v.string() }),
  handler: async (ctx, args): Promise<CreatedWebhook & { path: string }> => {
    const { filters = [], destinationIds = [], concurrentRuns = CONCURRENT_RUNS_DEFAULT, ...webhook } = args;
    const created = await createWebhook(ctx, { ...webhook, filters, destinationIds, concurrentRuns });
    return { ...created, path: `/webhooks/${created.webhookId}` };
  },
});

/** `npx convex run admin:listWebhooks` */
export const listWebhooksFromCli = internalQuery({
  args: {},
  returns: v.array(vListedWebhook),
  handler: async (ctx) => await listWebhooks(ctx),
});

/** `npx convex run admin:updateWebhook '{"webhookId":"…","prompt":"Label: {{ payload.issue.title }}"}'`: what is not named stays. */
export const updateWebhookFromCli = internalMutation({
  args: { webhookId: v.id("webhooks"), ...vWebhookSettings.partial().fields },
  returns: v.null(),
  handler: async (ctx, { webhookId, ...changes }) => {
    const {
      _id,
      _creationTime,
      memberId: _,
      scheme,
      secret,
      pausedAt,
      ...settings
    } = await requireWebhook(ctx, webhookId);
    await updateWebhook(ctx, { webhookId, settings: { ...settings, ...changes } });
    return null;
  },
});

/** `npx convex run admin:removeWebhook '{"webhookId":"…"}'`: its events stay in the log until they expire. */
export const removeWebhookFromCli = internalMutation({
  args: { webhookId: v.id("webhooks") },
  returns: v.null(),
  handler: async (ctx, { webhookId }) => {
    await removeWebhook(ctx, { webhookId });
    return null;
  },
});

/** `npx convex run admin:rotateWebhook '{"webhookId":"…"}'`: the old secret counts for another 24 hours. */
export const rotateWebhookFromCli = internalAction({
  args: { webhookId: v.id("webhooks"), secret: v.optional(v.string()) },
  returns: v.object({ secret: v.string() }),
  handler: async (ctx, args): Promise<{ secret: string }> => await rotateWebhook(ctx, args),
});

/** `npx convex run admin:pauseWebhook '{"webhookId":"…","isPaused":true}'` */
export const pauseWebhookFromCli = internalMutation({
  args: { webhookId: v.id("webhooks"), isPaused: v.boolean() },
  returns: v.null(),
  handler: async (ctx, args) => {
    await pauseWebhook(ctx, args);
    return null;
  },
});

const vListedEvent = v.object({
  id: v.string(),
  status: vRunStatus,
  eventType: v.string(),
  receivedAt: v.number(),
  attempts: v.number(),
  costNanoUsd: v.number(),
  problem: v.optional(vProblem),
});

/** `npx convex run admin:listEvents '{"limit":20}'`: webhook events and jobs, newest first. */
export const listEvents = internalQuery({
  args: { limit: v.optional(v.number()) },
  returns: v.array(vListedEvent),
  handler: async (ctx, { limit = LIST_DEFAULT }): Promise<Infer<typeof vListedEvent>[]> => {
    const runs = await ctx.db.query("runs").withIndex("by_receivedAt").order("desc").take(limit);
    return runs.map(({ runId: id, status, eventType, receivedAt, attempts, costNanoUsd, problem }) => ({
      ...{ id, status, eventType, receivedAt, attempts, costNanoUsd },
      ...(problem && { problem }),
    }));
  },
});

/** `npx convex run admin:getEvent '{"id":"evt_…"}'`: payload, answer, cost and deliveries. */
export const getEvent = internalQuery({
  args: { id: v.string() },
  returns: v.union(v.null(), vEventDetail),
  handler: async (ctx, { id }): Promise<Infer<typeof vEventDetail> | null> => await eventDetail(ctx, id),
});

/** `npx convex run admin:rerunEvent '{"id":"evt_…"}'`: runs a failed or ignored event or job again. */
export const rerunEventFromCli = internalMutation({
  args: { id: v.string() },
  returns: v.null(),
  handler: async (ctx, { id }) => {
    await rerunEvent(ctx, id);
    return null;
  },
});

/** `npx convex run admin:createDestination '{"name":"ci","url":"https://…","eventTypes":["key.created"]}'` */
export const createDestinationFromCli = internalAction({
  args: { ...vDestination.fields, eventTypes: v.optional(vDestination.fields.eventTypes) },
  returns: vCreatedDestination,
  handler: async (ctx, { eventTypes = [], ...destination }): Promise<CreatedDestination> =>
    await createDestination(ctx, { ...destination, eventTypes }),
});

/** `npx convex run admin:listDestinations` */
export const listDestinationsFromCli = internalQuery({
  args: {},
  returns: v.array(vListedDestination),
  handler: async (ctx) => await listDestinations(ctx),
});

/** `npx convex run admin:updateDestination '{"destinationId":"…","url":"https://…"}'`: what is not named stays. */
export const updateDestinationFromCli = internalMutation({
  args: { destinationId: v.id("destinations"), ...vDestination.partial().fields },
  returns: v.null(),
  handler: async (ctx, { destinationId, ...changes }) => {
    const { name, url, eventTypes } = await requireDestination(ctx, destinationId);
    await updateDestination(ctx, { destinationId, destination: { name, url, eventTypes, ...changes } });
    return null;
  },
});

/** `npx convex run admin:removeDestination '{"destinationId":"…"}'`: what waits for it is canceled. */
export const removeDestinationFromCli = internalMutation({
  args: { destinationId: v.id("destinations") },
  returns: v.null(),
  handler: async (ctx, { destinationId }) => {
    await removeDestination(ctx, { destinationId });
    return null;
  },
});

/** `npx convex run admin:rotateDestination '{"destinationId":"…"}'`: both secrets sign for 24 hours. */
export const rotateDestinationFromCli = internalAction({
  args: { destinationId: v.id("destinations") },
  returns: v.object({ secret: v.string() }),
  handler: async (ctx, { destinationId }): Promise<{ secret: string }> =>
    await rotateDestination(ctx, destinationId),
});

/** `npx convex run admin:setDestinationEnabled '{"destinationId":"…","isEnabled":true}'` */
export const setDestinationEnabled = internalMutation({
  args: { destinationId: v.id("destinations"), isEnabled: v.boolean() },
  returns: v.null(),
  handler: async (ctx, { destinationId, isEnabled }) => {
    await switchDestination(ctx, { destinationId, isEnabled });
    return null;
  },
});

/** `npx convex run admin:testDestination '{"destinationId":"…"}'` */
export const testDestination = internalMutation({
  args: { destinationId: v.id("destinations") },
  returns: v.object({ messageId: v.string() }),
  handler: async (ctx, { destinationId }) => await sendTest(ctx, destinationId),
});

const vListedDelivery = v.object({
  deliveryId: v.id("webhookDeliveries"),
  messageId: v.string(),
  type: v.string(),
  status: vDeliveryStatus,
  attempts: v.number(),
  createdAt: v.number(),
  lastStatus: v.optional(v.number()),
  lastError: v.optional(v.string()),
});

/** `npx convex run admin:listDeliveries '{"limit":20}'`: newest first. */
export const listDeliveries = internalQuery({
  args: { limit: v.optional(v.number()) },
  returns: v.array(vListedDelivery),
  handler: async (ctx, { limit = LIST_DEFAULT }) => {
    const rows = await ctx.db.query("webhookDeliveries").withIndex("by_createdAt").order("desc").take(limit);
    return rows.map(
      ({ _id: deliveryId, messageId, type, status, attempts, createdAt, lastStatus, lastError }) => ({
        ...{ deliveryId, messageId, type, status, attempts, createdAt },
        ...(lastStatus !== undefined && { lastStatus }),
        ...(lastError !== undefined && { lastError }),
      }),
    );
  },
});

/** `npx convex run admin:getDeliveryAttempts '{"deliveryId":"…"}'`: every attempt, oldest first. */
export const getDeliveryAttempts = internalQuery({
  args: { deliveryId: v.id("webhookDeliveries") },
  returns: v.array(vAttempt),
  handler: async (ctx, { deliveryId }) => await attemptsOf(ctx, deliveryId),
});

/** `npx convex run admin:redeliver '{"deliveryId":"…"}'`: under the same message id. */
export const redeliverFromCli = internalMutation({
  args: { deliveryId: v.id("webhookDeliveries") },
  returns: v.boolean(),
  handler: async (ctx, { deliveryId }) => await redeliver(ctx, deliveryId),
});

/** `npx convex run admin:replayDestination '{"destinationId":"…","from":0,"to":9999999999999}'` */
export const replayDestination = internalMutation({
  args: {
    destinationId: v.id("destinations"),
    from: v.number(),
    to: v.number(),
    onlyFailed: v.optional(v.boolean()),
  },
  returns: v.null(),
  handler: async (ctx, { onlyFailed = false, ...period }) => {
    const { destinationId }: { destinationId: Id<"destinations"> } = period;
    await auditDestination(ctx, "destination.replay", { destinationId });
    await replayDeliveries(ctx, { ...period, onlyFailed });
    return null;
  },
});
