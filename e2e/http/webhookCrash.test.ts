import { randomInt, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { journal, type LedgerRow, rowsOf } from "./gateway.ts";
import type { Receiver } from "./Receiver.ts";
import type { Stack } from "./Stack.ts";
import { signed } from "./signed.ts";
import {
  createWebhook,
  endedRun,
  postEvent,
  sendEvent,
  startWithReceiver,
  type TestRun,
  type TestWebhook,
  tableOf,
} from "./webhooks.ts";

const isFull = process.env.GATEWAY_TEST_FULL === "1";
const KILLS = isFull ? 100 : 10;
const EVENTS_A_KILL = 5;
/** Past every lease: what died is found at once instead of after half a minute. */
const LEASES_OVER_MS = 31_000;

let stack: Stack;
let receiver: Receiver;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ stack, receiver, stop } = await startWithReceiver());
});
afterAll(() => stop());

/** Sends like a sender that does not give up: the same event again until it is accepted. */
async function sendUntilAccepted(webhook: TestWebhook, text: string): Promise<string> {
  const script = JSON.stringify({ headMs: randomInt(400), deltas: 4, deltaMs: randomInt(60) });
  const body = JSON.stringify({ text: `${text} [[script ${script}]]` });
  const headers = signed(webhook.secret, body, { id: `msg_${text}` });
  for (;;) {
    const answer = await postEvent(webhook.webhookId, body, headers, stack)
      .then(async (response) => ({ status: response.status, id: (await response.json()).id }))
      .catch(() => ({ status: 0, id: "" }));
    if (answer.status === 202 || answer.status === 200) return answer.id;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function takeUp(): Promise<void> {
  await stack.client.run("dispatcher:tend", { now: Date.now() + LEASES_OVER_MS });
}

describe(`kill -9 at ${KILLS} random points between receipt and delivery`, () => {
  it(
    "leaves every accepted event with one answer or a recorded failure, and never runs an attempt twice",
    async () => {
      const webhook = await createWebhook(receiver, { concurrentRuns: 20 }, { gateway: stack });
      const texts: string[] = [];
      const sending: Promise<string>[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        for (let n = 0; n < EVENTS_A_KILL; n++) {
          const text = randomUUID();
          texts.push(text);
          sending.push(sendUntilAccepted(webhook, text));
        }
        await new Promise((resolve) => setTimeout(resolve, randomInt(700)));
        await stack.kill();
        await stack.restart();
        await takeUp();
      }
      const ids = await Promise.all(sending);
      expect(new Set(ids).size).toBe(texts.length);
      const runs = await untilAllEnded(ids);
      await untilAllDelivered(runs);
      const rows = await tableOf<LedgerRow & { source: string }>("requests", stack);
      for (const [index, text] of texts.entries()) {
        const run = runs.find(({ runId }) => runId === ids[index]);
        const delivered = new Set(
          receiver.received.filter(({ id }) => id.startsWith(`msg_${run?.runId}`)).map(({ id }) => id),
        );
        expect(delivered).toEqual(new Set([run?.messageId]));
        const calls = await journal(text, { atLeast: 0, waitMs: 0 }, stack);
        expect(calls.length).toBeLessThanOrEqual(3);
        expect(run?.status).toBe(run?.attempts === 3 && run.status === "failed" ? "failed" : "succeeded");
      }
      expect(rows.every(({ status }) => status === "succeeded" || status === "expired")).toBe(true);
      expect(
        rows
          .filter(({ status }) => status === "expired")
          .every(({ usageSource }) => usageSource === "estimated"),
      ).toBe(true);
      const attempts = runs.reduce((sum, run) => sum + run.attempts, 0);
      expect(rows).toHaveLength(attempts);
      const calls = await journal("[[script", { atLeast: 0, waitMs: 0 }, stack);
      expect(calls.length).toBeLessThanOrEqual(attempts);
    },
    isFull ? 1_200_000 : 180_000,
  );
});

/** Sends an event and resolves with its id once Claude is at work on it. */
async function sendSlow(webhook: TestWebhook, headMs: number): Promise<string> {
  const text = randomUUID();
  const script = JSON.stringify({ headMs });
  const id = await sendEvent(webhook, { text: `${text} [[script ${script}]]` }, stack);
  await journal(text, { state: "running" }, stack);
  return id;
}

describe("the kill switch of the gateway", () => {
  it("ends a running run within 6 s, for good, and its answer says so", async () => {
    const webhook = await createWebhook(receiver, {}, { gateway: stack });
    const id = await sendSlow(webhook, 60_000);
    await stack.client.run("admin:killGateway", {});
    const killedAt = performance.now();
    expect(await endedRun(id, stack)).toMatchObject({ status: "failed", attempts: 1 });
    expect(performance.now() - killedAt).toBeLessThan(6_000);
    expect(await rowsOf(webhook.key, stack)).toMatchObject([{ status: "canceled" }]);
    await stack.client.run("admin:resumeGateway", {});
    const [delivery] = await receiver.waitFor(id);
    expect(delivery?.body).toContain("answer.failed");
  }, 30_000);
});

describe("kill -9 while a run is with Claude", () => {
  it.skipIf(!isFull)(
    "loses half a minute: the run is tried again when its lease is over",
    async () => {
      const webhook = await createWebhook(receiver, {}, { gateway: stack });
      const id = await sendSlow(webhook, 3_000);
      await stack.kill();
      await stack.restart();
      const restartedAt = performance.now();
      expect(await endedRun(id, stack, 60_000)).toMatchObject({ status: "succeeded", attempts: 2 });
      console.log(`recovered ${((performance.now() - restartedAt) / 1_000).toFixed(1)} s after the restart`);
      expect(performance.now() - restartedAt).toBeLessThan(35_000);
      const rows = await rowsOf(webhook.key, stack);
      expect(rows.map(({ status }) => status)).toEqual(["expired", "succeeded"]);
    },
    90_000,
  );
});

type EndedRun = TestRun & { messageId?: string };

async function untilAllEnded(ids: string[]): Promise<EndedRun[]> {
  for (const deadline = Date.now() + 120_000; ; ) {
    const runs = await tableOf<EndedRun>("runs", stack);
    const isOver = runs.every(({ status }) => status === "succeeded" || status === "failed");
    if (isOver && runs.length === ids.length) return runs;
    if (Date.now() > deadline) throw new Error(`${runs.length} runs, not all ended`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function untilAllDelivered(runs: EndedRun[]): Promise<void> {
  await takeUp();
  for (const deadline = Date.now() + 60_000; ; ) {
    const missing = runs.filter((run) => !receiver.received.some(({ id }) => id === run.messageId));
    if (missing.length === 0) return;
    if (Date.now() > deadline) throw new Error(`${missing.length} answers were not delivered`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
