import { type Infer, v } from "convex/values";
import { vPayloadFilter } from "./payloadFilter";
import { vSenderScheme } from "./senderScheme";

export const vQueue = v.union(v.literal("runs"), v.literal("deliveries"));
export type Queue = Infer<typeof vQueue>;

/** Ciphertext of a secret, and of the one before it while a rotation lasts. */
export const vSealedSecret = v.object({
  current: v.string(),
  previous: v.optional(v.string()),
  previousUntil: v.optional(v.number()),
});
export type SealedSecret = Infer<typeof vSealedSecret>;

/** What an admin decides about a webhook. */
export const vWebhookSettings = v.object({
  name: v.string(),
  apiKeyId: v.id("apiKeys"), // whose budget and limits pay
  prompt: v.string(), // template over the event
  system: v.optional(v.string()),
  model: v.optional(v.string()), // absent: the gateway's default
  maxTokens: v.optional(v.number()),
  answerSchemaJson: v.optional(v.string()), // JSON schema that the answer must follow
  filters: v.array(vPayloadFilter),
  destinationIds: v.array(v.id("destinations")), // where answers go
  concurrentRuns: v.number(),
});
export type WebhookSettings = Infer<typeof vWebhookSettings>;

export const vWebhook = v.object({
  ...vWebhookSettings.fields,
  scheme: vSenderScheme,
  pausedAt: v.optional(v.number()),
});

/** `ignored`: a filter or a pause kept the event from running; it can still be run by hand. */
export const vRunStatus = v.union(
  v.literal("queued"),
  v.literal("running"),
  v.literal("succeeded"),
  v.literal("failed"),
  v.literal("ignored"),
);
export type RunStatus = Infer<typeof vRunStatus>;

export const vProblem = v.object({ type: v.string(), message: v.string() });
export type Problem = Infer<typeof vProblem>;

export const vRun = v.object({
  runId: v.string(), // ours: `evt_…` of events, `job_…` of jobs
  apiKeyId: v.id("apiKeys"),
  webhookId: v.optional(v.id("webhooks")), // absent: a job
  lane: v.string(), // what shares a limit of runs at once: the webhook's or the key's id
  dedupeKey: v.optional(v.string()),
  senderEventId: v.optional(v.string()),
  eventType: v.string(),
  status: vRunStatus,
  dueAt: v.number(), // queued: not before; running: when the claim runs out; else when it ended
  claims: v.number(), // tells a worker whose claim ran out from the one after it
  attempts: v.number(), // upstream calls so far, since the last re-run by hand
  requestRowId: v.optional(v.id("requests")), // of the latest attempt
  requestId: v.optional(v.string()),
  inputBytes: v.number(),
  receivedAt: v.number(),
  costNanoUsd: v.number(), // of all attempts
  problem: v.optional(vProblem),
  messageId: v.optional(v.string()), // of the answer
});

/** A job's own receiver, with the ciphertext of its secret or the destination that has one. */
export const vCallback = v.union(
  v.object({ url: v.string(), sealedSecret: v.string() }),
  v.object({ destinationId: v.id("destinations") }),
);
export type Callback = Infer<typeof vCallback>;

/** What a destination may subscribe to; answers go where their webhook or job says. */
export const vAnnouncement = v.union(
  v.literal("budget.threshold"),
  v.literal("budget.exhausted"),
  v.literal("key.created"),
  v.literal("key.revoked"),
  v.literal("webhook.disabled"),
  v.literal("request.completed"),
);
export type Announcement = Infer<typeof vAnnouncement>;

export const vMessageType = v.union(
  ...vAnnouncement.members,
  v.literal("answer.completed"),
  v.literal("answer.failed"),
  v.literal("webhook.test"),
);
export type MessageType = Infer<typeof vMessageType>;

export const vDestination = v.object({
  name: v.string(),
  url: v.string(),
  eventTypes: v.array(vAnnouncement),
});

/** `canceled`: the destination was disabled or removed first. */
export const vDeliveryStatus = v.union(
  v.literal("pending"),
  v.literal("sending"),
  v.literal("delivered"),
  v.literal("failed"),
  v.literal("canceled"),
);

export const vDelivery = v.object({
  messageId: v.string(), // constant over retries and redeliveries
  type: vMessageType,
  runId: v.optional(v.string()),
  destinationId: v.optional(v.id("destinations")),
  callback: v.optional(v.object({ url: v.string(), sealedSecret: v.string() })), // instead of a destination
  lane: v.string(), // the destination's id, or the callback's host
  status: vDeliveryStatus,
  dueAt: v.number(), // pending: not before; sending: when the claim runs out; else when it ended
  claims: v.number(),
  attempts: v.number(), // since the last redelivery by hand
  createdAt: v.number(),
  lastStatus: v.optional(v.number()),
  lastError: v.optional(v.string()),
});
