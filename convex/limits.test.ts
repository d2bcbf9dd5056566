import { describe, expect, test, vi } from "vitest";
import { api, internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { NO_TOKENS } from "./model/anthropicUsage";
import type { Limits } from "./model/limits";
import { type Backend, newBackend, newMember } from "./test.setup";

const MODEL = "claude-sonnet-5-5";
/** Of one output token of this model. */
const TOKEN_NANO_USD = 10_000;

let requests = 0;
async function admit(backend: Backend, apiKeyId: Id<"apiKeys">, maxTokens = 10) {
  const keyHash = await backend.run(async (ctx) => (await ctx.db.get("apiKeys", apiKeyId))?.keyHash ?? "");
  return await backend.mutation(internal.requests.admit, {
    requestId: `req_${requests++}`,
    caller: { keyHash },
    source: "api",
    endpoint: "POST /v1/messages",
    isStreaming: false,
    isDurable: false,
    attempt: 1,
    demand: {
      model: MODEL,
      maxTokens,
      fallbackModels: [],
      inputTokens: 0,
      cacheTtl: "none",
      webSearchUses: 0,
    },
  });
}

async function spend(backend: Backend, apiKeyId: Id<"apiKeys">, outputTokens: number): Promise<void> {
  const decision = await admit(backend, apiKeyId, outputTokens);
  if (!decision.ok) throw new Error(decision.refusal.reason);
  const tokens = { ...NO_TOKENS, outputTokens };
  const outcome = { status: "succeeded" as const, usageSource: "reported" as const, tokens };
  await backend.mutation(internal.requests.settle, { rowId: decision.rowId, outcome });
}

async function newKey(backend: Backend, limits: Limits = {}, role: "member" | "admin" = "member") {
  const member = await newMember(backend, role);
  const { apiKeyId } = await member.as.action(api.apiKeys.create, { name: "robot", limits });
  return { member, apiKeyId };
}

describe("who may change a key", () => {
  test("its member and admins; for others it does not exist", async () => {
    const backend = newBackend();
    const { member, apiKeyId } = await newKey(backend);
    const [admin, other] = [await newMember(backend, "admin"), await newMember(backend, "member")];
    const limits = { concurrentRequests: 3 };
    for (const each of [member, admin]) await each.as.action(api.apiKeys.update, { apiKeyId, limits });
    const notFound = { data: { code: "notFound" } };
    await expect(other.as.action(api.apiKeys.update, { apiKeyId, limits })).rejects.toMatchObject(notFound);
    await expect(other.as.mutation(api.apiKeys.kill, { apiKeyId })).rejects.toMatchObject(notFound);
    expect(await other.as.query(api.apiKeys.get, { apiKeyId })).toBeNull();
    expect(await member.as.query(api.apiKeys.get, { apiKeyId })).toMatchObject({ limits });
  });

  test("what an admin stopped its member cannot resume, and what was revoked nobody", async () => {
    const backend = newBackend();
    const { member, apiKeyId } = await newKey(backend);
    const admin = await newMember(backend, "admin");
    await member.as.mutation(api.apiKeys.pause, { apiKeyId });
    await member.as.mutation(api.apiKeys.resume, { apiKeyId });
    await admin.as.mutation(api.apiKeys.kill, { apiKeyId });
    await expect(member.as.mutation(api.apiKeys.resume, { apiKeyId })).rejects.toMatchObject({
      data: { code: "forbidden" },
    });
    expect(await admit(backend, apiKeyId)).toMatchObject({ refusal: { reason: "killedKey" } });
    await admin.as.mutation(api.apiKeys.resume, { apiKeyId });
    expect(await admit(backend, apiKeyId)).toMatchObject({ ok: true });
    await member.as.mutation(api.apiKeys.revoke, { apiKeyId });
    await expect(admin.as.mutation(api.apiKeys.resume, { apiKeyId })).rejects.toMatchObject({
      data: { code: "keyRevoked" },
    });
  });
});

describe("limits", () => {
  test("that make no sense are refused with a sentence, and nothing changes", async () => {
    const backend = newBackend();
    const { member, apiKeyId } = await newKey(backend);
    for (const limits of [
      { requestsPerMinute: 0 },
      { outputTokensPerMinute: 1.5 },
      { dailyBudgetNanoUsd: -1 },
      { totalBudgetNanoUsd: Number.NaN },
    ]) {
      await expect(member.as.action(api.apiKeys.update, { apiKeyId, limits })).rejects.toMatchObject({
        data: { code: "invalidLimits", message: expect.stringContaining(Object.keys(limits)[0] ?? "?") },
      });
    }
    expect(await member.as.query(api.apiKeys.get, { apiKeyId })).toMatchObject({ limits: {} });
  });

  test("of a key in four shards count exactly what its requests cost, in meters and roll-ups", async () => {
    const backend = newBackend();
    const { member, apiKeyId } = await newKey(backend);
    await spend(backend, apiKeyId, 7);
    const limits = { totalBudgetNanoUsd: 1_000 * TOKEN_NANO_USD };
    const set = { scope: "key" as const, name: apiKeyId, limits, shards: 4 };
    await backend.action(internal.admin.setLimits, set);
    // 300 tokens are more than the share of one shard: the others lend.
    for (const tokens of [300, 50, 300, 20, 300]) await spend(backend, apiKeyId, tokens);
    expect(await admit(backend, apiKeyId, 24)).toMatchObject({
      refusal: { reason: "budgetSpent", settledNanoUsd: 977 * TOKEN_NANO_USD },
    });
    await spend(backend, apiKeyId, 23);
    const key = await member.as.query(api.apiKeys.get, { apiKeyId });
    expect(key?.usage.windows).toMatchObject([
      { settledNanoUsd: 1_000 * TOKEN_NANO_USD, reservedNanoUsd: 0 },
    ]);
    const hours = await backend.run((ctx) => ctx.db.query("usageHours").collect());
    expect(hours.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0)).toBe(1_000 * TOKEN_NANO_USD);
    await expect(backend.action(internal.admin.setLimits, { ...set, shards: 2 })).rejects.toMatchObject({
      data: { code: "invalidLimits" },
    });
  });

  test("of a member reach keys that exist and keys made later, and leave them when they are cleared", async () => {
    const backend = newBackend();
    const { member, apiKeyId } = await newKey(backend);
    const admin = await newMember(backend, "admin");
    const { memberId } = member;
    await admin.as.action(api.budgets.setMemberLimits, { memberId, limits: { concurrentRequests: 1 } });
    const later = await member.as.action(api.apiKeys.create, { name: "later", limits: {} });
    expect(await admit(backend, apiKeyId)).toMatchObject({ ok: true });
    expect(await admit(backend, later.apiKeyId)).toMatchObject({
      refusal: { reason: "concurrencyLimited", scope: "member" },
    });
    const { members } = await admin.as.query(api.budgets.list, {});
    expect(members.find((each) => each.memberId === memberId)?.usage.running).toBe(1);
    await admin.as.action(api.budgets.setMemberLimits, { memberId, limits: {} });
    expect(await admit(backend, later.apiKeyId)).toMatchObject({ ok: true });
    expect(await backend.run((ctx) => ctx.db.query("meters").collect())).toEqual([]);
  });

  test("lowered below what is spent tell of every threshold at once, and a raised budget tells again", async () => {
    vi.useFakeTimers();
    const backend = newBackend();
    const { member, apiKeyId } = await newKey(backend, { dailyBudgetNanoUsd: 1_000 * TOKEN_NANO_USD });
    await spend(backend, apiKeyId, 85);
    const update = (tokens: number) =>
      member.as.action(api.apiKeys.update, {
        apiKeyId,
        limits: { dailyBudgetNanoUsd: tokens * TOKEN_NANO_USD },
      });
    await update(100);
    await backend.finishAllScheduledFunctions(vi.runAllTimers);
    await update(1_000);
    await spend(backend, apiKeyId, 500);
    vi.useRealTimers();
    const events = await backend.run((ctx) => ctx.db.query("budgetEvents").collect());
    expect(events.map(({ percent, budgetNanoUsd }) => [percent, budgetNanoUsd / TOKEN_NANO_USD])).toEqual([
      [50, 100],
      [80, 100],
      [50, 1_000],
    ]);
  });
});

test("a price that changes while a request runs, backdated even, does not change what it costs", async () => {
  const backend = newBackend();
  const price = { model: "local", inputUsdPerMillion: 0, outputUsdPerMillion: 3 };
  await backend.mutation(internal.admin.setPrice, price);
  const { memberId } = await newMember(backend, "member");
  for (const model of [MODEL, "local"]) {
    const decision = await backend.mutation(internal.requests.admit, {
      requestId: `req_price_${model}`,
      caller: { memberId },
      source: "action",
      endpoint: "anthropic:callClaude",
      isStreaming: false,
      isDurable: false,
      attempt: 1,
      demand: {
        model,
        maxTokens: 100,
        fallbackModels: [],
        inputTokens: 0,
        cacheTtl: "none",
        webSearchUses: 0,
      },
    });
    if (!decision.ok) throw new Error(decision.refusal.reason);
    const later = { ...price, model, outputUsdPerMillion: 500, effectiveFrom: "2026-01-01" };
    await backend.mutation(internal.admin.setPrice, later);
    const tokens = { ...NO_TOKENS, outputTokens: 100 };
    const outcome = { status: "succeeded" as const, usageSource: "reported" as const, tokens };
    const settled = await backend.mutation(internal.requests.settle, { rowId: decision.rowId, outcome });
    expect(settled.costNanoUsd, model).toBe(model === MODEL ? 100 * TOKEN_NANO_USD : 100 * 3_000);
  }
});
