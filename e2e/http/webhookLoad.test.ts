import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayUnderTest } from "./gateway.ts";
import { Receiver } from "./Receiver.ts";
import { type Stack, startStack } from "./Stack.ts";
import { createWebhook, postEvent, signed, type TestRun, tableOf } from "./webhooks.ts";

const isFull = process.env.GATEWAY_TEST_FULL === "1";
const EVENTS = isFull ? 1_000 : 100;
const WITHIN_MS = 10_000;
const CLAUDE_MS = 1_000;

let stack: Stack;
let gateway: GatewayUnderTest;
let receiver: Receiver;
beforeAll(async () => {
  stack = await startStack();
  gateway = stack;
  receiver = await Receiver.start();
});
afterAll(async () => {
  await receiver.stop();
  await stack.stop();
});

describe(`${EVENTS} events in 10 s against a Claude that takes a second`, () => {
  it("are all accepted, all run once and all delivered within a minute", async () => {
    const webhook = await createWebhook(receiver, { concurrentRuns: 50 }, { gateway });
    const script = JSON.stringify({ text: "done", headMs: CLAUDE_MS });
    const startedAt = performance.now();
    const latencies: number[] = [];
    const accepted = await Promise.all(
      Array.from({ length: EVENTS }, async (_, n) => {
        await new Promise((resolve) => setTimeout(resolve, (n * WITHIN_MS) / EVENTS));
        const body = JSON.stringify({ text: `${randomUUID()} [[script ${script}]]` });
        const sentAt = performance.now();
        const response = await postEvent(webhook.webhookId, body, signed(webhook.secret, body), gateway);
        latencies.push(performance.now() - sentAt);
        expect(response.status).toBe(202);
        return (await response.json()).id as string;
      }),
    );
    await receiver.waitFor('"answer.completed"', EVENTS, 90_000);
    const tookMs = performance.now() - startedAt;
    const runs = await tableOf<TestRun>("runs", gateway);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(EVENTS);
    expect(runs.filter(({ runId }) => accepted.includes(runId))).toHaveLength(EVENTS);
    expect(runs.every(({ status, attempts }) => status === "succeeded" && attempts === 1)).toBe(true);
    latencies.sort((a, b) => a - b);
    const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? 0;
    const median = latencies[Math.floor(latencies.length / 2)] ?? 0;
    console.log(
      `${EVENTS} events: accepted p50 ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; all delivered after ${(tookMs / 1_000).toFixed(1)} s`,
    );
    expect(tookMs).toBeLessThan(60_000);
    if (isFull) expect(p99).toBeLessThanOrEqual(100);
  }, 150_000);
});
