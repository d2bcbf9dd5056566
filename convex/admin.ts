import { ConvexError, type Infer, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { internalAction, internalMutation, internalQuery } from "./_generated/server";
import type { SessionTree } from "./agentSessions";
import { type CreatedApiKey, newSecret, storedForm } from "./apiKeys";
import { switchGateway } from "./budgets";
import { deploymentVariables } from "./gateway/config";
import { createInviteLink } from "./invites";
import { changeKeyState } from "./keyState";
import { setLimits as setTargetLimits } from "./limits";
import { readTarget, type Target, vTarget } from "./limitTargets";
import { readLimitUsage, vLimitUsage } from "./limitUsage";
import { diagnose as checkVariables, vCheck } from "./model/diagnosis";
import { vLimits, vScope } from "./model/limits";
import { formatUsd } from "./model/pricing";
import { groupBy, sumUsage } from "./model/sumUsage";
import { vRole } from "./model/validators";
import { keyNamed, targetNamed } from "./namedTargets";
import { createResetLink } from "./passwordResets";
import { probeUpstream } from "./probeUpstream";
import { instantOf, type Repriced, repricePeriod, vRepriced } from "./reprice";

const DAY_MS = 24 * 60 * 60 * 1000;
const USAGE_DAYS_DEFAULT = 30;
const HOURS_READ_MAX = 20_000;
const PICO_PER_TOKEN_OF_USD_PER_MILLION = 1_000_000;

/** `npx convex run admin:createApiKey '{"name":"laptop","monthlyBudgetNanoUsd":10000000000}'` */
export const createApiKey = internalAction({
  args: { name: v.string(), ...vLimits.fields, expiresInDays: v.optional(v.number()) },
  returns: v.object({ apiKeyId: v.id("apiKeys"), secret: v.string() }),
  handler: async (ctx, { name, expiresInDays, ...limits }): Promise<CreatedApiKey> => {
    const secret = newSecret();
    const expiresAt = expiresInDays === undefined ? undefined : Date.now() + expiresInDays * DAY_MS;
    const stored = { name, limits, expiresAt, ...(await storedForm(secret)) };
    const apiKeyId: Id<"apiKeys"> = await ctx.runMutation(internal.apiKeys.insert, stored);
    return { apiKeyId, secret };
  },
});

/** `npx convex run admin:invite '{"email":"you@example.com","role":"owner"}'`: a link that is good once, for 7 days. */
export const invite = internalAction({
  args: { email: v.string(), role: vRole },
  returns: v.object({ url: v.string() }),
  handler: async (ctx, args): Promise<{ url: string }> => await createInviteLink(ctx, args),
});

/** `npx convex run admin:resetPassword '{"email":"you@example.com"}'`: a link that sets another password once, for 24 hours. */
export const resetPassword = internalAction({
  args: { email: v.string() },
  returns: v.object({ url: v.string() }),
  handler: async (ctx, { email }): Promise<{ url: string }> => await createResetLink(ctx, email),
});

/** `npx convex run admin:status`: whether anybody has accepted an owner's invite. */
export const status = internalQuery({
  args: {},
  returns: v.object({ hasOwner: v.boolean() }),
  handler: async (ctx): Promise<{ hasOwner: boolean }> => ({
    hasOwner: await ctx.runQuery(internal.invites.hasOwner, {}),
  }),
});

/** `npx convex run admin:diagnose`: what `npm run doctor` and the settings page say of the deployment's variables. */
export const diagnose = internalQuery({
  args: { webUrl: v.optional(v.string()) },
  returns: v.array(vCheck),
  handler: async (_ctx, { webUrl }) => checkVariables(deploymentVariables(), webUrl),
});

/** `npx convex run admin:probe`: whether Claude's API accepts the key. Costs nothing. */
export const probe = internalAction({
  args: {},
  returns: v.array(vCheck),
  handler: async () => await probeUpstream(deploymentVariables()),
});

const vUsageLine = v.object({
  name: v.string(),
  requests: v.number(),
  errors: v.number(),
  costUsd: v.string(),
});
type UsageLine = Infer<typeof vUsageLine>;

/** `npx convex run admin:usage '{"days":7}'`: totals, by key and by model. */
export const usage = internalQuery({
  args: { days: v.optional(v.number()) },
  returns: v.object({ total: vUsageLine, keys: v.array(vUsageLine), models: v.array(vUsageLine) }),
  handler: async (ctx, { days = USAGE_DAYS_DEFAULT }) => {
    const rows = await ctx.db
      .query("usageHours")
      .withIndex("by_hourAt", (q) => q.gte("hourAt", Date.now() - days * DAY_MS))
      .order("desc")
      .take(HOURS_READ_MAX);
    const byKey = groupBy(rows, (row) => row.apiKeyId);
    const keys: UsageLine[] = [];
    for (const [apiKeyId, keyRows] of byKey) {
      const key = apiKeyId && (await ctx.db.get("apiKeys", apiKeyId));
      keys.push(usageLine(key ? `${key.name} (…${key.lastFour})` : "chat and actions", keyRows));
    }
    const byModel = groupBy(rows, (row) => row.model);
    return {
      total: usageLine(`last ${days} days`, rows),
      keys,
      models: [...byModel].map(([model, modelRows]) => usageLine(model, modelRows)),
    };
  },
});

/** `npx convex run admin:session '{"sessionId":"…"}'`: what a session of Claude Code cost, agent by agent. */
export const session = internalQuery({
  args: { sessionId: v.string() },
  returns: v.array(v.object({ key: v.string(), totalUsd: v.string(), tree: v.array(v.string()) })),
  handler: async (ctx, { sessionId }) => {
    const trees: SessionTree[] = await ctx.runQuery(internal.agentSessions.get, { sessionId });
    return trees.map(({ keyName, lines }) => ({
      key: keyName ?? "(no key)",
      totalUsd: formatUsd(lines[0]?.totalNanoUsd ?? 0),
      tree: lines.map(
        ({ agentId, depth, requests, costNanoUsd, totalNanoUsd }) =>
          `${"  ".repeat(depth)}${agentId ?? "main agent"}: ${requests} requests, $${formatUsd(costNanoUsd)} of its own, $${formatUsd(totalNanoUsd)} with those below it`,
      ),
    }));
  },
});

function usageLine(name: string, rows: Parameters<typeof sumUsage>[0]): UsageLine {
  const { requests, errors, costNanoUsd } = sumUsage(rows);
  return { name, requests, errors, costUsd: formatUsd(costNanoUsd) };
}

/**
 * Prices a model that the built-in table does not know, or overrides it, from now on or from
 * `effectiveFrom` (a date; `admin:reprice` then prices what has run since). Dollars per million tokens;
 * 0 is allowed (local servers). Cache prices default to Anthropic's usual 0.1, 1.25 and 2 times the input price.
 */
export const setPrice = internalMutation({
  args: {
    model: v.string(),
    inputUsdPerMillion: v.number(),
    outputUsdPerMillion: v.number(),
    cacheReadUsdPerMillion: v.optional(v.number()),
    cacheWrite5mUsdPerMillion: v.optional(v.number()),
    cacheWrite1hUsdPerMillion: v.optional(v.number()),
    effectiveFrom: v.optional(v.string()),
  },
  returns: v.id("prices"),
  handler: async (ctx, { model, effectiveFrom, ...prices }): Promise<Id<"prices">> => {
    const input = prices.inputUsdPerMillion;
    return await ctx.runMutation(internal.prices.set, {
      model,
      effectiveFrom: effectiveFrom === undefined ? Date.now() : instantOf("effectiveFrom", effectiveFrom),
      inputPicoUsdPerToken: picoUsd("inputUsdPerMillion", input),
      outputPicoUsdPerToken: picoUsd("outputUsdPerMillion", prices.outputUsdPerMillion),
      cacheReadPicoUsdPerToken: picoUsd(
        "cacheReadUsdPerMillion",
        prices.cacheReadUsdPerMillion ?? input * 0.1,
      ),
      cacheCreation5mPicoUsdPerToken: picoUsd(
        "cacheWrite5mUsdPerMillion",
        prices.cacheWrite5mUsdPerMillion ?? input * 1.25,
      ),
      cacheCreation1hPicoUsdPerToken: picoUsd(
        "cacheWrite1hUsdPerMillion",
        prices.cacheWrite1hUsdPerMillion ?? input * 2,
      ),
    });
  },
});

function picoUsd(name: string, usdPerMillion: number): number {
  const pico = Math.round(usdPerMillion * PICO_PER_TOKEN_OF_USD_PER_MILLION);
  if (!Number.isSafeInteger(pico) || pico < 0) {
    throw new ConvexError({
      code: "invalidPrice",
      message: `${name} is ${usdPerMillion}; it must be a number of dollars per million tokens, 0 or more.`,
    });
  }
  return pico;
}

/**
 * `npx convex run admin:setLimits '{"scope":"key","name":"laptop","limits":{"dailyBudgetNanoUsd":5000000000}}'`: replaces
 * all limits of a key (by its name or id), of a member (by e-mail address or id) or of the gateway. `shards` lets one
 * hot key do more at once (docs/scale.md).
 */
export const setLimits = internalAction({
  args: {
    scope: vScope,
    name: v.optional(v.string()),
    limits: vLimits,
    shards: v.optional(v.number()),
  },
  returns: v.null(),
  handler: async (ctx, { scope, name, limits, shards }): Promise<null> => {
    const target: Target = await ctx.runQuery(internal.admin.findTarget, { scope, name });
    return await setTargetLimits(ctx, { target, limits, shards });
  },
});

/** `npx convex run admin:limits '{"scope":"gateway"}'`: limits, and what is spent and reserved of every budget. */
export const limits = internalQuery({
  args: { scope: vScope, name: v.optional(v.string()) },
  returns: v.object({ limits: vLimits, usage: vLimitUsage }),
  handler: async (ctx, { scope, name = "" }) => {
    const target = await targetNamed(ctx, scope, name);
    const { limits, scopes } = await readTarget(ctx, target, null);
    return { limits, usage: await readLimitUsage(ctx, scopes) };
  },
});

/** The key, member or gateway that a command names. */
export const findTarget = internalQuery({
  args: { scope: vScope, name: v.optional(v.string()) },
  returns: vTarget,
  handler: async (ctx, { scope, name = "" }) => await targetNamed(ctx, scope, name),
});

const vNamedKey = { name: v.string() };

/** `npx convex run admin:pause '{"name":"laptop"}'`: the next requests of a key (by name or id) are refused. */
export const pause = internalMutation({
  args: vNamedKey,
  returns: v.null(),
  handler: async (ctx, { name }) =>
    await changeKeyState(ctx, null, { apiKeyId: await keyNamed(ctx, name), change: "pause" }),
});

/** `npx convex run admin:resume '{"name":"laptop"}'`: a paused or killed key works again. */
export const resume = internalMutation({
  args: vNamedKey,
  returns: v.null(),
  handler: async (ctx, { name }) =>
    await changeKeyState(ctx, null, { apiKeyId: await keyNamed(ctx, name), change: "resume" }),
});

/** `npx convex run admin:kill '{"name":"laptop"}'`: pauses a key and ends what it runs. */
export const kill = internalMutation({
  args: vNamedKey,
  returns: v.null(),
  handler: async (ctx, { name }) =>
    await changeKeyState(ctx, null, { apiKeyId: await keyNamed(ctx, name), change: "kill" }),
});

/** `npx convex run admin:revoke '{"name":"laptop"}'`: ends a key for good. */
export const revoke = internalMutation({
  args: vNamedKey,
  returns: v.null(),
  handler: async (ctx, { name }) =>
    await changeKeyState(ctx, null, { apiKeyId: await keyNamed(ctx, name), change: "revoke" }),
});

/** `npx convex run admin:killGateway`: refuses every request and ends those that run. */
export const killGateway = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => await switchGateway(ctx, null, "kill"),
});

/** `npx convex run admin:resumeGateway`: the gateway answers again. */
export const resumeGateway = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => await switchGateway(ctx, null, "resume"),
});

/**
 * `npx convex run admin:reprice '{"from":"2026-11-01","to":"2026-12-01"}'`: what a period would cost at the prices that
 * are known now. `"apply":true` also corrects the usage log and the roll-ups; budgets keep what they counted.
 */
export const reprice = internalAction({
  args: { from: v.string(), to: v.string(), apply: v.optional(v.boolean()) },
  returns: vRepriced,
  handler: async (ctx, { apply = false, ...period }): Promise<Repriced> =>
    await repricePeriod(ctx, { ...period, apply }),
});

export {
  createDestinationFromCli as createDestination,
  createWebhookFromCli as createWebhook,
  getDeliveryAttempts,
  getEvent,
  listDeliveries,
  listDestinationsFromCli as listDestinations,
  listEvents,
  listWebhooksFromCli as listWebhooks,
  pauseWebhookFromCli as pauseWebhook,
  redeliverFromCli as redeliver,
  removeDestinationFromCli as removeDestination,
  removeWebhookFromCli as removeWebhook,
  replayDestination,
  rerunEventFromCli as rerunEvent,
  rotateDestinationFromCli as rotateDestination,
  rotateWebhookFromCli as rotateWebhook,
  setDestinationEnabled,
  testDestination,
  updateDestinationFromCli as updateDestination,
  updateWebhookFromCli as updateWebhook,
} from "./webhookAdmin";
