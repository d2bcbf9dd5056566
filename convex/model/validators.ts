import { type Infer, v } from "convex/values";

export const vRole = v.union(
  v.literal("owner"),
  v.literal("admin"),
  v.literal("member"),
  v.literal("viewer"),
);
export type Role = Infer<typeof vRole>;

export const vRequestSource = v.union(
  v.literal("api"),
  v.literal("chat"),
  v.literal("action"),
  v.literal("webhook"),
  v.literal("job"),
);
export type RequestSource = Infer<typeof vRequestSource>;

/** `running` until settled. `refused`: Claude was not called because a budget was exhausted. */
export const vRequestStatus = v.union(
  v.literal("running"),
  v.literal("succeeded"),
  v.literal("failed"),
  v.literal("canceled"),
  v.literal("truncated"),
  v.literal("expired"),
  v.literal("refused"),
);
export type RequestStatus = Infer<typeof vRequestStatus>;

export const vUsageSource = v.union(v.literal("reported"), v.literal("estimated"));
export type UsageSource = Infer<typeof vUsageSource>;

export const vMessageStatus = v.union(
  v.literal("streaming"),
  v.literal("complete"),
  v.literal("stopped"),
  v.literal("failed"),
);
export type MessageStatus = Infer<typeof vMessageStatus>;

/** Anthropic's disjoint counters, raw. Total input is the sum of the first four. */
export const vTokens = v.object({
  inputTokens: v.number(),
  cacheReadInputTokens: v.number(),
  cacheCreation5mInputTokens: v.number(),
  cacheCreation1hInputTokens: v.number(),
  outputTokens: v.number(),
  webSearchRequests: v.number(),
});
export type Tokens = Infer<typeof vTokens>;

/** What Anthropic keeps for a caller. */
export const vObjectKind = v.union(v.literal("file"), v.literal("container"), v.literal("batch"));
export type ObjectKind = Infer<typeof vObjectKind>;

/** How the answer was served, as far as it changes the price. */
export const vServedAs = v.object({
  serviceTier: v.optional(v.string()),
  speed: v.optional(v.string()),
  inferenceGeo: v.optional(v.string()),
});
export type ServedAs = Infer<typeof vServedAs>;

/** Tokens with one price. Without a model: of the model that answered. */
export const vCharge = v.object({
  model: v.optional(v.string()),
  tokens: vTokens,
  servedAs: v.optional(vServedAs), // absent: as the whole answer
  /** Of many prompts: whether each was a long one. Absent: to be told from the tokens. */
  isLongPrompt: v.optional(v.boolean()),
});
export type Charge = Infer<typeof vCharge>;

/** Claude Code's ids of a session and of the agent in it, as its client sent them: for reports, never for rights. */
export const vSession = v.object({
  sessionId: v.string(),
  agentId: v.optional(v.string()), // absent: the session's main agent
  parentAgentId: v.optional(v.string()),
});
export type Session = Infer<typeof vSession>;

/** A row of the usage log as the web app shows it. */
export const vLoggedRequest = v.object({
  _id: v.id("requests"),
  requestId: v.string(),
  keyName: v.union(v.null(), v.string()),
  memberEmail: v.string(),
  source: vRequestSource,
  endpoint: v.string(),
  model: v.string(),
  servedModel: v.union(v.null(), v.string()),
  isStreaming: v.boolean(),
  status: vRequestStatus,
  usageSource: v.union(v.null(), vUsageSource),
  tokens: v.union(v.null(), vTokens),
  costNanoUsd: v.union(v.null(), v.number()),
  reservedNanoUsd: v.number(),
  startedAt: v.number(),
  endedAt: v.union(v.null(), v.number()),
  timeToFirstTokenMs: v.union(v.null(), v.number()),
  httpStatus: v.union(v.null(), v.number()),
  errorType: v.union(v.null(), v.string()),
  errorMessage: v.union(v.null(), v.string()),
  stopReason: v.union(v.null(), v.string()),
  anthropicRequestId: v.union(v.null(), v.string()),
  session: v.union(v.null(), vSession),
});
export type LoggedRequest = Infer<typeof vLoggedRequest>;
