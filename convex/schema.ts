import { authTables } from "@convex-dev/auth/server";
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { vAuditEntry } from "./model/auditEntry";
import { vBudgetEvent } from "./model/budgetEvent";
import { vHold } from "./model/hold";
import { vLimits, vMeterLimits } from "./model/limits";
import { vMeter } from "./model/meter";
import {
  vCharge,
  vMessageStatus,
  vObjectKind,
  vRequestSource,
  vRequestStatus,
  vRole,
  vServedAs,
  vSession,
  vTokens,
  vUsageSource,
} from "./model/validators";
import {
  vCallback,
  vDelivery,
  vDestination,
  vQueue,
  vRun,
  vSealedSecret,
  vWebhook,
} from "./model/webhookValidators";

/** Money is integer nano-dollars, instants are epoch milliseconds. */
export default defineSchema({
  ...authTables,

  /** Written by Convex Auth's callback when an invite is accepted, by members.ts and limits.ts; read by requireMember. Lives until removed. */
  members: defineTable({
    userId: v.id("users"),
    email: v.string(),
    role: vRole,
    removedAt: v.optional(v.number()),
    limits: v.optional(vMeterLimits), // of all their keys, chats and actions together
    meterIds: v.optional(v.array(v.id("meters"))), // while they have limits
  })
    .index("by_userId", ["userId"])
    .index("by_email", ["email"])
    .index("by_role", ["role"]),

  /** Written by invites.ts and admin.ts, consumed once by sign-up. Expires 7 days after creation. */
  invites: defineTable({
    tokenHash: v.string(), // SHA-256 of the token, hex
    email: v.string(),
    role: vRole,
    expiresAt: v.number(),
    acceptedAt: v.optional(v.number()),
    createdByMemberId: v.optional(v.id("members")),
  })
    .index("by_tokenHash", ["tokenHash"])
    .index("by_email", ["email"])
    .index("by_createdByMemberId", ["createdByMemberId"]),

  /** Links with which a member sets another password. Written by passwordResets.ts, deleted by their use or after a day. */
  passwordResets: defineTable({
    tokenHash: v.string(), // SHA-256 of the token, hex
    memberId: v.id("members"),
    expiresAt: v.number(),
    createdByMemberId: v.optional(v.id("members")), // absent: made on the command line
  })
    .index("by_tokenHash", ["tokenHash"])
    .index("by_memberId", ["memberId"])
    .index("by_createdByMemberId", ["createdByMemberId"])
    .index("by_expiresAt", ["expiresAt"]),

  /** Written by apiKeys.ts; read by every admit. Rows stay after revocation: the usage log refers to them. */
  apiKeys: defineTable({
    memberId: v.id("members"),
    name: v.string(),
    keyHash: v.string(), // SHA-256 of the whole secret, hex
    lastFour: v.string(),
    limits: vLimits,
    expiresAt: v.optional(v.number()),
    revokedAt: v.optional(v.number()),
    pausedAt: v.optional(v.number()),
    killedAt: v.optional(v.number()), // paused, and what ran was ended
    stoppedByMemberId: v.optional(v.id("members")), // who paused or killed it; absent: the operator
    meterIds: v.optional(v.array(v.id("meters"))), // while it has limits
    isMemberLimited: v.optional(v.boolean()), // its member has limits; saves admit from looking
  })
    .index("by_keyHash", ["keyHash"])
    .index("by_memberId", ["memberId"]),

  /** The usage log: one row per upstream attempt. Inserted by admit, closed once by settle or the lease cron. */
  requests: defineTable({
    requestId: v.string(), // ours, `x-gateway-request-id`; of an attempt that was repeated, with `.1`, `.2` behind it
    attemptNumber: v.optional(v.number()), // absent: 1
    memberId: v.id("members"), // who pays: the key's owner or the signed-in member
    apiKeyId: v.optional(v.id("apiKeys")),
    source: vRequestSource,
    endpoint: v.string(), // "POST /v1/messages"
    model: v.string(), // as requested
    servedModel: v.optional(v.string()), // as answered
    isStreaming: v.boolean(),
    isDurable: v.boolean(),
    isAnnounced: v.optional(v.boolean()), // a destination wants to know of its end
    status: vRequestStatus,
    usageSource: v.optional(vUsageSource),
    tokens: v.optional(vTokens),
    charges: v.optional(v.array(vCharge)), // where not all tokens have the price of the model that answered
    isUnbilled: v.optional(v.boolean()), // a refusal before any output
    servedAs: v.optional(vServedAs),
    costNanoUsd: v.optional(v.number()),
    reservedNanoUsd: v.number(), // 0 once settled
    inputTokensEstimate: v.number(), // from the body's size; what the lease cron settles at
    maxOutputTokens: v.number(),
    overran: v.optional(v.boolean()), // true usage exceeded the reservation
    priceVersion: v.string(),
    startedAt: v.number(),
    endedAt: v.optional(v.number()),
    timeToFirstTokenMs: v.optional(v.number()),
    httpStatus: v.optional(v.number()),
    errorType: v.optional(v.string()),
    errorMessage: v.optional(v.string()), // upstream's or ours, ≤ 500 characters, never a prompt
    stopReason: v.optional(v.string()),
    anthropicRequestId: v.optional(v.string()),
    session: v.optional(vSession),
    leaseExpiresAt: v.number(), // renewed every 20 s while running; the cron settles rows whose lease ran out
    stopRequestedAt: v.optional(v.number()),
    /** What it holds of the meters of its key, its member and the gateway, until it is settled. */
    holds: v.optional(v.array(vHold)),
    /** Its place among the requests that the gateway runs at once; -1 for a batch, which takes none; absent once settled. */
    slot: v.optional(v.number()),
  })
    // Every request writes to each of these: what runs is found by its slot, and time by `_creationTime`.
    .index("by_slot", ["slot"])
    .index("by_requestId", ["requestId"])
    .index("by_memberId", ["memberId"]),

  /** Roll-ups written in settle, keyed by hour, key (or member) and model; read by the usage page. */
  usageHours: defineTable({
    hourAt: v.number(), // start of the hour (UTC)
    shard: v.optional(v.number()), // of a key whose meter is sharded
    memberId: v.id("members"),
    apiKeyId: v.optional(v.id("apiKeys")),
    model: v.string(),
    requests: v.number(),
    errors: v.number(),
    tokens: vTokens,
    costNanoUsd: v.number(),
  })
    .index("by_owner_and_hour", ["memberId", "apiKeyId", "model", "hourAt", "shard"])
    .index("by_memberId_and_hourAt", ["memberId", "hourAt"])
    .index("by_hourAt", ["hourAt"]),

  /** Spend of Claude Code's sessions, one row an agent. Written by settle; read by agentSessions.ts; lives 90 days after its last request. */
  sessionAgents: defineTable({
    memberId: v.id("members"),
    apiKeyId: v.optional(v.id("apiKeys")), // a session belongs to its key: ids of others' sessions mean nothing
    ...vSession.fields,
    requests: v.number(),
    errors: v.number(),
    tokens: vTokens,
    costNanoUsd: v.number(),
    firstAt: v.number(),
    lastAt: v.number(),
  })
    .index("by_agent", ["memberId", "apiKeyId", "sessionId", "agentId"])
    .index("by_memberId_and_lastAt", ["memberId", "lastAt"])
    .index("by_sessionId", ["sessionId"])
    .index("by_lastAt", ["lastAt"]),

  /**
   * What a key, a member or (with neither id) the gateway has used of its limits; one row, or one for each shard.
   * Made by limits.ts when limits are set; written by admit (reserve) and settle (true up). Lives as long as the limits.
   */
  meters: defineTable({
    apiKeyId: v.optional(v.id("apiKeys")),
    memberId: v.optional(v.id("members")),
    ...vMeter.fields,
  }),

  /** Budgets that reached a threshold or ran out: once for each budget and window. Written by admit, settle and limits.ts. */
  budgetEvents: defineTable(vBudgetEvent).index("by_subject_and_window", [
    "subject",
    "window",
    "windowStartsAt",
  ]),

  /**
   * What Anthropic keeps for a caller, and whose it is. Written when a file or batch is created and by settle for what
   * an answer names; read before an id is passed on. Files live until Claude no longer has them, the others 30 days.
   */
  upstreamObjects: defineTable({
    memberId: v.id("members"),
    apiKeyId: v.optional(v.id("apiKeys")),
    kind: vObjectKind,
    objectId: v.string(),
    metadata: v.optional(v.string()), // JSON, as Claude last told it; never its content
    requestRowId: v.optional(v.id("requests")), // of a batch
    pollAt: v.optional(v.number()), // of a batch that is not settled
  })
    .index("by_owner_and_objectId", ["memberId", "apiKeyId", "objectId"])
    .index("by_owner_and_kind", ["memberId", "apiKeyId", "kind"])
    .index("by_objectId", ["objectId"])
    .index("by_kind", ["kind"])
    .index("by_pollAt", ["pollAt"]),

  /** Which of the operator's keys for Claude rest, and until when. Written by retries.ts, read by admit where there are several keys. */
  upstreamCooldowns: defineTable({ keyIndex: v.number(), until: v.number() }).index("by_keyIndex", [
    "keyIndex",
  ]),

  /** Operator's prices on top of the built-in table (`admin:setPrice`); the newest row in force wins. */
  prices: defineTable({
    model: v.string(),
    effectiveFrom: v.number(),
    inputPicoUsdPerToken: v.number(),
    outputPicoUsdPerToken: v.number(),
    cacheReadPicoUsdPerToken: v.number(),
    cacheCreation5mPicoUsdPerToken: v.number(),
    cacheCreation1hPicoUsdPerToken: v.number(),
  }).index("by_model_and_effectiveFrom", ["model", "effectiveFrom"]),

  /** Chat threads, their author's alone. Written by /chat and threads.ts. */
  threads: defineTable({
    memberId: v.id("members"),
    title: v.string(),
    model: v.string(),
    updatedAt: v.number(),
  }).index("by_memberId_and_updatedAt", ["memberId", "updatedAt"]),

  /** Chat messages, value-exact: `content` is the JSON text of Anthropic's content blocks, split over parts when long. */
  messages: defineTable({
    threadId: v.id("threads"),
    memberId: v.id("members"),
    role: v.union(v.literal("user"), v.literal("assistant")),
    status: vMessageStatus,
    content: v.string(), // JSON text of the content blocks; of the first part when split
    partCount: v.number(), // further parts are messageParts rows
    requestId: v.optional(v.string()), // assistant messages: their row in `requests`
    model: v.optional(v.string()),
    errorMessage: v.optional(v.string()),
  })
    .index("by_threadId", ["threadId"])
    .index("by_requestId", ["requestId"]),

  /** What of a message's content does not fit into one document. */
  messageParts: defineTable({
    messageId: v.id("messages"),
    index: v.number(), // from 1
    content: v.string(),
  }).index("by_messageId_and_index", ["messageId", "index"]),

  /** Events of a durable stream, append-only; deleted a day after the stream's end. */
  streamPages: defineTable({
    requestId: v.string(),
    memberId: v.id("members"),
    index: v.number(), // from 0
    text: v.string(), // SSE text: whole events, each with an `id:` line
    isLast: v.boolean(),
  }).index("by_requestId_and_index", ["requestId", "index"]),

  /** Every administrative change, append-only: written by recordAudit in the change's own transaction, read by owners and admins. */
  auditLog: defineTable(vAuditEntry).index("by_targetId", ["targetId"]),

  /** Inbound webhooks. Written by webhooks.ts; read at every receipt and run. Live until removed. */
  webhooks: defineTable({ ...vWebhook.fields, memberId: v.id("members"), secret: vSealedSecret }),

  /**
   * The queue, and what became of it: one row an accepted webhook event or job. Inserted by runs.receive, claimed by the
   * dispatcher, closed by runs.finish; read by the events page and GET /gateway/jobs. Deleted after 30 days.
   */
  runs: defineTable({ ...vRun.fields, memberId: v.id("members"), callback: v.optional(vCallback) })
    .index("by_runId", ["runId"])
    .index("by_webhookId_and_dedupeKey", ["webhookId", "dedupeKey"])
    .index("by_webhookId_and_receivedAt", ["webhookId", "receivedAt"])
    .index("by_receivedAt", ["receivedAt"])
    .index("by_status_and_lane_and_dueAt", ["status", "lane", "dueAt"])
    .index("by_status_and_dueAt", ["status", "dueAt"]),

  /** Where signed messages go. Written by destinations.ts and by deliveries that fail; read by every delivery. */
  destinations: defineTable({
    ...vDestination.fields,
    memberId: v.id("members"),
    secret: vSealedSecret,
    failingSince: v.optional(v.number()), // first failure since the last success
    disabledAt: v.optional(v.number()),
    disabledBecause: v.optional(v.string()),
  }),

  /** One message to one destination. Written by announce.ts and runs.finish, sent by sendDeliveries.ts. Deleted after 30 days. */
  webhookDeliveries: defineTable(vDelivery.fields)
    .index("by_status_and_lane_and_dueAt", ["status", "lane", "dueAt"])
    .index("by_status_and_dueAt", ["status", "dueAt"])
    .index("by_destinationId_and_createdAt", ["destinationId", "createdAt"])
    .index("by_runId", ["runId"])
    .index("by_createdAt", ["createdAt"]),

  /** The log of a delivery, written once per attempt; lives as long as the delivery. */
  deliveryAttempts: defineTable({
    deliveryId: v.id("webhookDeliveries"),
    at: v.number(),
    status: v.optional(v.number()), // absent: no answer
    latencyMs: v.number(),
    responseText: v.string(), // the first KB
    error: v.optional(v.string()),
  }).index("by_deliveryId", ["deliveryId"]),

  /** Payloads of events (`of` their run) and bodies of messages, in parts that fit a document. Live as long as what they belong to. */
  textParts: defineTable({ of: v.string(), index: v.number(), text: v.string() }).index("by_of_and_index", [
    "of",
    "index",
  ]),

  /** Who drains a queue now: one row a queue, written when that changes and every 5 s. */
  dispatchers: defineTable({
    queue: vQueue,
    generation: v.number(),
    leaseExpiresAt: v.number(),
    wakeAt: v.optional(v.number()), // when the sleeping dispatcher is already scheduled to wake
    watchAt: v.optional(v.number()), // when dispatcher.watch is scheduled to come
  }).index("by_queue", ["queue"]),

  /** One row, which every admit reads: defaults, the gateway's limits and its kill switch. */
  settings: defineTable({
    defaultModel: v.string(),
    defaultMaxTokens: v.number(),
    limits: v.optional(vMeterLimits),
    meterIds: v.optional(v.array(v.id("meters"))), // while the gateway has limits other than concurrency
    killedAt: v.optional(v.number()),
    announcesRequests: v.optional(v.boolean()), // while a destination subscribes to request.completed
  }),
});
