import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSecrets } from "../local/createSecrets";
import { api, internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { type Backend, newBackend, newMember } from "./test.setup";

const DAY_MS = 24 * 60 * 60_000;
const { admin } = internal;

beforeEach(() => {
  vi.stubEnv("GATEWAY_ENCRYPTION_KEY", createSecrets().GATEWAY_ENCRYPTION_KEY);
});
afterEach(() => vi.unstubAllEnvs());

async function newWebhook(backend: Backend) {
  const owner = await newMember(backend, "owner");
  const { apiKeyId } = await backend.action(admin.createApiKey, { name: "payer" });
  const { destinationId } = await backend.action(admin.createDestination, {
    name: "ci",
    url: "https://ci.example.com/hook",
  });
  const { webhookId } = await backend.action(admin.createWebhook, {
    ...{ name: "triage", apiKeyId, scheme: "github" as const },
    ...{ prompt: "{{ payload.title }}", destinationIds: [destinationId] },
  });
  return { owner, apiKeyId, destinationId, webhookId };
}

/** An event that came at this time, in its final state, with its payload, answer and delivery. */
async function newEvent(
  backend: Backend,
  {
    webhookId,
    apiKeyId,
    destinationId,
    at,
    runId,
    isFailed,
  }: Awaited<ReturnType<typeof newWebhook>> & {
    at: number;
    runId: string;
    isFailed: boolean;
  },
): Promise<void> {
  await backend.run(async (ctx) => {
    const key = await ctx.db.get("apiKeys", apiKeyId);
    const memberId = key?.memberId as Id<"members">;
    const messageId = `msg_${runId}`;
    const counts = { claims: 1, attempts: 1, dueAt: at };
    const status = isFailed ? ("failed" as const) : ("succeeded" as const);
    await ctx.db.insert("runs", {
      ...{ runId, apiKeyId, webhookId, memberId, lane: webhookId, eventType: "issues", status, messageId },
      ...{ ...counts, inputBytes: 2, receivedAt: at, costNanoUsd: 1 },
    });
    for (const of of [runId, messageId]) await ctx.db.insert("textParts", { of, index: 0, text: "{}" });
    const deliveryId = await ctx.db.insert("webhookDeliveries", {
      ...{ messageId, runId, destinationId, lane: destinationId, createdAt: at, ...counts },
      ...{ type: "answer.completed", status: isFailed ? "failed" : "delivered" },
    });
    await ctx.db.insert("deliveryAttempts", {
      deliveryId,
      at,
      latencyMs: 5,
      responseText: "ok",
      status: 200,
    });
  });
}

describe("the operator, from the command line", () => {
  it("lists, changes and removes webhooks, and sees no secret", async () => {
    const backend = newBackend();
    const { webhookId } = await newWebhook(backend);
    await backend.mutation(admin.updateWebhook, { webhookId, prompt: "Label {{ payload.title }}" });
    await backend.mutation(admin.pauseWebhook, { webhookId, isPaused: true });
    const [webhook, ...others] = await backend.query(admin.listWebhooks, {});
    expect(others).toEqual([]);
    expect(webhook).toMatchObject({
      ...{ webhookId, name: "triage", scheme: "github", keyName: "payer" },
      ...{ prompt: "Label {{ payload.title }}", pausedAt: expect.any(Number) },
    });
    expect(webhook).not.toHaveProperty("secret");
    await expect(backend.mutation(admin.updateWebhook, { webhookId, prompt: "" })).rejects.toThrow("prompt");
    await backend.mutation(admin.removeWebhook, { webhookId });
    expect(await backend.query(admin.listWebhooks, {})).toEqual([]);
    const log = await backend.run((ctx) => ctx.db.query("auditLog").collect());
    expect(log.map(({ action, actor }) => [actor, action]).slice(-3)).toEqual(
      ["update", "pause", "remove"].map((change) => ["command line", `webhook.${change}`]),
    );
  });

  it("lists, changes and removes destinations", async () => {
    const backend = newBackend();
    const { destinationId } = await newWebhook(backend);
    await backend.mutation(admin.updateDestination, { destinationId, url: "https://new.example.com/" });
    expect(await backend.query(admin.listDestinations, {})).toMatchObject([
      { destinationId, name: "ci", url: "https://new.example.com/" },
    ]);
    await backend.mutation(admin.setDestinationEnabled, { destinationId, isEnabled: false });
    const [disabled] = await backend.query(admin.listDestinations, {});
    expect(disabled).toMatchObject({ disabledBecause: "The operator disabled it." });
    await backend.mutation(admin.removeDestination, { destinationId });
    expect(await backend.query(admin.listDestinations, {})).toEqual([]);
  });

  it("sees an event with its payload and answer, and every attempt of a delivery", async () => {
    const backend = newBackend();
    const made = await newWebhook(backend);
    await newEvent(backend, { ...made, at: Date.now(), runId: "evt_1", isFailed: false });
    const event = await backend.query(admin.getEvent, { id: "evt_1" });
    expect(event).toMatchObject({ runId: "evt_1", payload: "{}", answer: "{}", webhookName: "triage" });
    const deliveryId = event?.deliveries[0]?.deliveryId as Id<"webhookDeliveries">;
    expect(await backend.query(admin.getDeliveryAttempts, { deliveryId })).toMatchObject([
      { status: 200, responseText: "ok" },
    ]);
    expect(await backend.query(admin.getEvent, { id: "evt_none" })).toBeNull();
  });
});

describe("the log of events and deliveries", () => {
  it("fills its pages in every filter", async () => {
    const backend = newBackend();
    const made = await newWebhook(backend);
    const { owner, webhookId, destinationId } = made;
    for (let n = 0; n < 24; n++) {
      await newEvent(backend, { ...made, at: n + 1, runId: `evt_${n}`, isFailed: n % 4 === 0 });
    }
    const paginationOpts = { numItems: 5, cursor: null };
    for (const filter of [{ status: "failed" as const }, { status: "failed" as const, webhookId }]) {
      const { page } = await owner.as.query(api.events.list, { paginationOpts, ...filter });
      expect(page.map(({ runId }) => runId)).toEqual(["evt_20", "evt_16", "evt_12", "evt_8", "evt_4"]);
    }
    for (const filter of [{ status: "failed" as const }, { status: "failed" as const, destinationId }]) {
      const { page } = await owner.as.query(api.deliveryLog.list, { paginationOpts, ...filter });
      expect(page.map(({ runId }) => runId)).toEqual(["evt_20", "evt_16", "evt_12", "evt_8", "evt_4"]);
    }
  });

  it("forgets events, texts, deliveries and attempts of more than 30 days ago, and nothing else", async () => {
    vi.useFakeTimers();
    const backend = newBackend();
    const made = await newWebhook(backend);
    const now = Date.now();
    for (let n = 0; n < 60; n++) {
      await newEvent(backend, {
        ...made,
        at: now - 30 * DAY_MS - 1 - n,
        runId: `evt_old_${n}`,
        isFailed: false,
      });
    }
    await newEvent(backend, { ...made, at: now - 30 * DAY_MS + 60_000, runId: "evt_kept", isFailed: false });
    await backend.mutation(internal.webhookRetention.deleteExpired, { now });
    await backend.finishAllScheduledFunctions(vi.runAllTimers);
    vi.useRealTimers();
    const left = await backend.run(async (ctx) => ({
      runs: (await ctx.db.query("runs").collect()).map(({ runId }) => runId),
      texts: (await ctx.db.query("textParts").collect()).map(({ of }) => of),
      deliveries: (await ctx.db.query("webhookDeliveries").collect()).map(({ runId }) => runId),
      attempts: (await ctx.db.query("deliveryAttempts").collect()).length,
    }));
    expect(left).toEqual({
      runs: ["evt_kept"],
      texts: ["evt_kept", "msg_evt_kept"],
      deliveries: ["evt_kept"],
      attempts: 1,
    });
  });
});
