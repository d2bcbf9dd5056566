import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cpuMicros, residentMegabytes } from "../../bench/cpu.ts";
import type { Receiver } from "./Receiver.ts";
import type { Stack } from "./Stack.ts";
import type { Sending, Sent } from "./sendEvents.ts";
import { createWebhook, startWithReceiver, type TestRun, type TestWebhook, tableOf } from "./webhooks.ts";

const isFull = process.env.GATEWAY_TEST_FULL === "1";
const LOAD = { events: isFull ? 1_000 : 100, withinMs: 10_000 };
/** What a fresh process compiles and loads once is no part of the figure. */
const WARM_UP = { events: 100, withinMs: 2_000 };
const CLAUDE_MS = 1_000;

let stack: Stack;
let receiver: Receiver;
let stop: () => Promise<void>;
beforeAll(async () => {
  // Strict mode would evaluate every module anew for each call: a tenfold of the work that is measured here.
  ({ stack, receiver, stop } = await startWithReceiver({ isStrict: false }));
});
afterAll(() => stop());

async function send(webhook: TestWebhook, load: typeof LOAD): Promise<Sent> {
  const script = JSON.stringify({ text: "done", headMs: CLAUDE_MS });
  const url = `${stack.siteUrl}/webhooks/${webhook.webhookId}`;
  const sending: Sending = { url, secret: webhook.secret, script, ...load };
  const command = ["--import", "tsx", join(import.meta.dirname, "sendEvents.ts"), JSON.stringify(sending)];
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout) as Sent;
}

describe(`${LOAD.events} events in 10 s against a Claude that takes a second`, () => {
  it("are all accepted, all run once and all delivered within a minute", async () => {
    const webhook = await createWebhook(receiver, { concurrentRuns: 50 }, { gateway: stack });
    const deliveries = async (count: number) => receiver.waitFor('"answer.completed"', count, 90_000);
    await send(webhook, WARM_UP);
    await deliveries(WARM_UP.events);
    const before = { cpu: cpuMicros(stack.pid), megabytes: residentMegabytes(stack.pid) };
    const startedAt = performance.now();
    const { ids, latenciesMs } = await send(webhook, LOAD);
    const total = WARM_UP.events + LOAD.events;
    await deliveries(total);
    const tookMs = performance.now() - startedAt;
    const after = { cpu: cpuMicros(stack.pid), megabytes: residentMegabytes(stack.pid) };
    const runs = await tableOf<TestRun>("runs", stack);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(total);
    expect(runs.filter(({ runId }) => ids.includes(runId))).toHaveLength(LOAD.events);
    expect(runs.every(({ status, attempts }) => status === "succeeded" && attempts === 1)).toBe(true);
    latenciesMs.sort((a, b) => a - b);
    const quantile = (share: number) => latenciesMs[Math.floor(latenciesMs.length * share)] ?? Number.NaN;
    console.log(
      `${LOAD.events} events: accepted p50 ${quantile(0.5).toFixed(1)} ms, p99 ${quantile(0.99).toFixed(1)} ms; ` +
        `all delivered after ${(tookMs / 1_000).toFixed(1)} s; ` +
        `${((after.cpu - before.cpu) / 1_000 / LOAD.events).toFixed(1)} ms of CPU an event; ` +
        `memory ${before.megabytes.toFixed(0)} MB before, ${after.megabytes.toFixed(0)} MB after`,
    );
    expect(tookMs).toBeLessThan(60_000);
    if (isFull) expect(quantile(0.99)).toBeLessThanOrEqual(100);
  }, 150_000);
});
