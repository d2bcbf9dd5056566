import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalEntry } from "../../local/claude/Journal.ts";
import type { Script } from "../../local/claude/script.ts";
import {
  createKey,
  journal,
  type LedgerRow,
  post,
  question,
  rowsOf,
  settledRow,
  type TestKey,
} from "./gateway.ts";
import { uniquePrompt } from "./streams.ts";

const isFull = process.env.GATEWAY_TEST_FULL === "1";
const STREAMS = isFull ? 2_000 : 120;
const AT_ONCE = 8;

/** Pico-dollars per token, written down here a second time, from Anthropic's price list. */
const PRICES = {
  "claude-sonnet-5-5": { input: 2e6, write5m: 2.5e6, write1h: 4e6, read: 0.1e6, output: 10e6, fast: 600 },
  "claude-opus-5-5": { input: 4e6, write5m: 5e6, write1h: 8e6, read: 0.2e6, output: 20e6, fast: 200 },
  "claude-haiku-5-5": {
    input: 0.1e6,
    write5m: 0.125e6,
    write1h: 0.2e6,
    read: 0.01e6,
    output: 0.5e6,
    fast: 600,
  },
};
const LONG_HAIKU = { input: 0.5e6, write5m: 0.625e6, write1h: 1e6, read: 0.05e6, output: 2.5e6, fast: 600 };
const SEARCH_PICO_USD = 10_000_000_000n;

interface WireUsage {
  input_tokens: number;
  output_tokens: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  server_tool_use: { web_search_requests: number } | null;
  service_tier: string;
  speed: string | null;
  inference_geo: string | null;
  iterations?: (Partial<WireUsage> & { type: string; model?: string })[];
}
type PricedModel = keyof typeof PRICES;

const count = fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 150_000 }));
const usage = fc
  .record({
    input: count,
    read: count,
    write5m: count,
    write1h: count,
    output: count,
    searches: fc.nat({ max: 4 }),
  })
  .chain(({ input, read, write5m, write1h, output, searches }) =>
    fc.record({
      input_tokens: fc.constant(input),
      output_tokens: fc.constant(output + 1),
      cache_read_input_tokens: fc.constant(read),
      cache_creation_input_tokens: fc.constant(write5m + write1h),
      cache_creation: fc.constant({ ephemeral_5m_input_tokens: write5m, ephemeral_1h_input_tokens: write1h }),
      server_tool_use: fc.constant(
        searches > 0 ? { web_search_requests: searches, web_fetch_requests: 1 } : null,
      ),
      service_tier: fc.constantFrom("standard", "priority"),
      speed: fc.constantFrom("standard", "fast", null),
      inference_geo: fc.constantFrom("us", "global", null),
      iterations: fc.constantFrom(
        undefined,
        [{ type: "message", input_tokens: input, output_tokens: output + 1 }],
        [{ type: "compaction", input_tokens: 5_001, output_tokens: 301 }],
        [{ type: "advisor_message", model: "claude-opus-5-5", input_tokens: 777, output_tokens: 33 }],
      ),
    }),
  );
const shape: fc.Arbitrary<Script> = fc.record(
  {
    text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }),
    deltas: fc.integer({ min: 1, max: 30 }),
    thinking: fc.string({ maxLength: 80 }),
    toolUse: fc.constantFrom({ name: "lookup", input: { city: "Zürich 😀" } }, []),
    messageDeltas: fc.integer({ min: 1, max: 4 }),
    chunking: fc.constantFrom("event", "split", "whole"),
    crlf: fc.boolean(),
    comments: fc.nat({ max: 1 }),
    pings: fc.nat({ max: 1 }),
    unknownEvents: fc.nat({ max: 1 }),
  },
  { requiredKeys: ["text"] },
);
const streams = fc.sample(
  fc.record({ model: fc.constantFrom<PricedModel>(...pricedModels()), usage, shape }),
  STREAMS,
);

function pricedModels(): PricedModel[] {
  return ["claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5"];
}

describe("metering", () => {
  it(`${STREAMS} streams of random shape: no token of difference, the cost exact to the nano-dollar`, async () => {
    const key = await createKey();
    const marker = uniquePrompt();
    const queue = [...streams.entries()];
    const worker = async () => {
      for (let next = queue.pop(); next; next = queue.pop()) {
        await ask(key, marker, next[1]);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const entries = await journal(marker, { atLeast: STREAMS });
    const rows = new Map((await rowsOf(key)).map((row) => [row.anthropicRequestId, row]));
    expect(rows.size).toBe(STREAMS);
    for (const entry of entries) {
      const row = rows.get(entry.requestId);
      expect({ tokens: row?.tokens, costNanoUsd: row?.costNanoUsd, status: row?.status }).toEqual({
        ...truthOf(entry),
        status: "succeeded",
      });
    }
  }, 600_000);

  it("the same answer costs the same streamed and in one piece, whatever it used", async () => {
    for (const { model, usage, shape } of streams.slice(0, isFull ? 200 : 12)) {
      const rows: LedgerRow[] = [];
      for (const stream of [true, false]) {
        const key = await createKey();
        await (
          await post(question({ model, stream }), { key: key.secret, script: { ...shape, usage } })
        ).text();
        rows.push(await settledRow(key));
      }
      expect(rows[1]?.tokens).toEqual(rows[0]?.tokens);
      expect(rows[1]?.costNanoUsd).toBe(rows[0]?.costNanoUsd);
    }
  }, 300_000);

  it("a refusal before any output and a cache warm-up with max_tokens 0 are billed as Anthropic does", async () => {
    const [refused, warmed] = [await createKey(), await createKey()];
    const script: Script = {
      text: "",
      stopReason: "refusal",
      stopDetails: { type: "refusal", category: "cyber" },
    };
    await (await post(question({ stream: true }), { key: refused.secret, script })).text();
    expect(await settledRow(refused)).toMatchObject({
      status: "succeeded",
      stopReason: "refusal",
      costNanoUsd: 0,
    });
    const usage = { input_tokens: 5, cache_creation_input_tokens: 2_000, output_tokens: 0 };
    await (
      await post(question({ max_tokens: 0 }), { key: warmed.secret, script: { text: "", usage } })
    ).text();
    expect(await settledRow(warmed)).toMatchObject({ costNanoUsd: 5 * 2_000 + 2_000 * 2_500 });
  });
});

async function ask(
  key: TestKey,
  marker: string,
  { model, usage, shape }: (typeof streams)[number],
): Promise<void> {
  const body = { model, max_tokens: 500, stream: true, messages: [{ role: "user", content: marker }] };
  const response = await post(body, { key: key.secret, script: { ...shape, usage } });
  expect(response.status).toBe(200);
  await response.text();
}

/** What the simulated Claude says it sent, priced independently of the gateway's code. */
function truthOf(entry: JournalEntry): { tokens: Record<string, number>; costNanoUsd: number } {
  const usage = entry.usage as unknown as WireUsage;
  const { model } = JSON.parse(entry.body ?? "") as { model: PricedModel };
  const extra = (usage.iterations ?? []).filter(({ type }) => type !== "message");
  const parts = [countersOf(usage), ...extra.map(countersOf)];
  const tokens = parts.reduce((sum, part) =>
    Object.fromEntries(Object.entries(sum).map(([name, value]) => [name, value + (part[name] ?? 0)])),
  );
  const pico = parts.reduce((sum, part, index) => {
    const iteration = index === 0 ? null : extra[index - 1];
    return sum + picoUsd((iteration?.model as PricedModel | undefined) ?? model, part, usage);
  }, 0n);
  return { tokens, costNanoUsd: Number((pico + 500_000_000n) / 1_000_000_000n) };
}

/** Pico-dollars times 10^6, so that percentages stay whole numbers. */
function picoUsd(model: PricedModel, part: Record<string, number>, usage: WireUsage): bigint {
  const { inputTokens = 0, cacheReadInputTokens = 0, outputTokens = 0, webSearchRequests = 0 } = part;
  const { cacheCreation5mInputTokens = 0, cacheCreation1hInputTokens = 0 } = part;
  const prompt = inputTokens + cacheReadInputTokens + cacheCreation5mInputTokens + cacheCreation1hInputTokens;
  const price = model === "claude-haiku-5-5" && prompt > 100_000 ? LONG_HAIKU : PRICES[model];
  const tokensPico =
    inputTokens * price.input +
    cacheReadInputTokens * price.read +
    cacheCreation5mInputTokens * price.write5m +
    cacheCreation1hInputTokens * price.write1h +
    outputTokens * price.output;
  const percent = (usage.speed === "fast" ? price.fast : 100) * (usage.inference_geo === "us" ? 110 : 100);
  return (
    BigInt(tokensPico) * BigInt(percent) * 100n + BigInt(webSearchRequests) * SEARCH_PICO_USD * 1_000_000n
  );
}

function countersOf(usage: Partial<WireUsage>): Record<string, number> {
  const creation1h = usage.cache_creation?.ephemeral_1h_input_tokens ?? 0;
  return {
    inputTokens: usage.input_tokens ?? 0,
    cacheReadInputTokens: usage.cache_read_input_tokens ?? 0,
    cacheCreation5mInputTokens: (usage.cache_creation_input_tokens ?? 0) - creation1h,
    cacheCreation1hInputTokens: creation1h,
    outputTokens: usage.output_tokens ?? 0,
    webSearchRequests: usage.server_tool_use?.web_search_requests ?? 0,
  };
}
