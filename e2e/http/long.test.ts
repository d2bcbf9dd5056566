import { describe, expect, it } from "vitest";
import { createKey, errorOf, post, question, rowsOf, settledRow } from "./gateway.ts";
import { lastEvent, readStream } from "./streams.ts";

const isFull = process.env.GATEWAY_TEST_FULL === "1";

describe("a long answer", () => {
  it("is ended with an error at 19 MiB, before Convex would cut it silently", async () => {
    const key = await createKey();
    const script = { text: "x".repeat(1_000), repeat: 25_000, deltas: 100, usage: { output_tokens: 9 } };
    const { text } = await readStream(await post(question({ stream: true }), { key: key.secret, script }));
    expect(Buffer.byteLength(text)).toBeGreaterThan(18 * 1024 * 1024);
    expect(Buffer.byteLength(text)).toBeLessThan(20 * 1024 * 1024);
    expect(lastEvent(text, "error").error?.message).toContain("19 MiB");
    expect(await settledRow(key)).toMatchObject({ status: "truncated", usageSource: "estimated" });
  });

  it.runIf(isFull)(
    "whose head does not come is a 504 after 290 s, before Convex would answer by itself",
    async () => {
      const key = await createKey();
      const startedAt = performance.now();
      const response = await post(question(), { key: key.secret, script: { hang: true } });
      expect((performance.now() - startedAt) / 1000).toBeCloseTo(290, -1);
      expect([response.status, (await errorOf(response)).error.type]).toEqual([504, "timeout_error"]);
      expect(await settledRow(key)).toMatchObject({ status: "truncated", usageSource: "estimated" });
    },
    310_000,
  );

  it.runIf(isFull)(
    "renews its lease while it runs, so that no cron takes it for dead",
    async () => {
      const key = await createKey();
      const response = await post(question({ stream: true }), {
        key: key.secret,
        script: { hangAfterDeltas: 1 },
      });
      const leaseOf = async () => (await rowsOf(key))[0]?.leaseExpiresAt ?? 0;
      const firstLease = await leaseOf();
      await expect.poll(leaseOf, { timeout: 28_000, interval: 500 }).toBeGreaterThan(firstLease + 19_000);
      await response.body?.cancel();
    },
    40_000,
  );

  it.runIf(isFull)(
    "hears a ping after 15 s of silence, and is not settled by the cron meanwhile",
    async () => {
      const key = await createKey();
      const response = await post(question({ stream: true }), {
        key: key.secret,
        script: { firstDeltaMs: 95_000 },
      });
      const startedAt = Date.now();
      const pings: number[] = [];
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) {
        if (decoder.decode(chunk) === 'event: ping\ndata: {"type":"ping"}\n\n')
          pings.push(Date.now() - startedAt);
      }
      expect(pings.length).toBeGreaterThanOrEqual(5);
      expect(pings[0]).toBeGreaterThanOrEqual(14_900);
      expect(pings[0]).toBeLessThan(16_500);
      expect(await settledRow(key)).toMatchObject({ status: "succeeded", usageSource: "reported" });
    },
    150_000,
  );
});
