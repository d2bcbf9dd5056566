import { describe, expect, it } from "vitest";
import {
  createKey,
  errorOf,
  journal,
  type KeyLimits,
  MODEL,
  post,
  question,
  rowsOf,
  settledRow,
  shared,
  type TestKey,
} from "./gateway.ts";
import { lastEvent, readStream } from "./streams.ts";

const promptOf = (body: { messages: { content: string }[] }): string => body.messages[0]?.content ?? "";

async function meterOf(key: TestKey): Promise<object | undefined> {
  const { page } = (await shared.client.run("_system/cli/tableData", {
    table: "meters",
    order: "asc",
    paginationOpts: { numItems: 5_000, cursor: null },
  })) as { page: { apiKeyId: string }[] };
  return page.find((row) => row.apiKeyId === key.apiKeyId);
}

describe("a key's limits", () => {
  it("requests per minute answer 429 with the wait, and count_tokens counts too", async () => {
    const key = await createKey({ requestsPerMinute: 2 });
    const { max_tokens: _unused, ...countable } = question();
    expect((await post(question(), { key: key.secret })).status).toBe(200);
    expect((await post(countable, { key: key.secret, path: "/v1/messages/count_tokens" })).status).toBe(200);
    const body = question();
    const refused = await post(body, { key: key.secret });
    expect(refused.status).toBe(429);
    expect((await errorOf(refused)).error.type).toBe("rate_limit_error");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(25);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(30);
    expect(refused.headers.get("x-should-retry")).toBe("true");
    expect(refused.headers.get("anthropic-ratelimit-requests-limit")).toBe("2");
    expect(await rowsOf(key)).toHaveLength(1);
  });

  it("concurrent requests answer 429 while one runs and not after", async () => {
    const key = await createKey({ concurrentRequests: 1 });
    const body = question({ stream: true });
    const running = await post(body, { key: key.secret, script: { hangAfterDeltas: 1 } });
    expect((await post(question(), { key: key.secret })).status).toBe(429);
    await running.body?.cancel();
    await settledRow(key);
    expect((await post(question(), { key: key.secret })).status).toBe(200);
  });

  it("allowed models hold for the model and its fallbacks", async () => {
    const key = await createKey({ allowedModels: [MODEL] });
    expect((await post(question({ model: "claude-opus-5-5" }), { key: key.secret })).status).toBe(403);
    const fallbacks = [{ model: "claude-opus-5-5" }];
    expect((await post(question({ fallbacks }), { key: key.secret })).status).toBe(403);
    expect((await post(question(), { key: key.secret })).status).toBe(200);
  });

  it("a spent budget answers 402, keeps a refused row and calls nobody", async () => {
    const key = await createKey({ monthlyBudgetNanoUsd: 1_000_000 });
    const body = question({ max_tokens: 1_000 });
    const response = await post(body, { key: key.secret });
    expect(response.status).toBe(402);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect((await errorOf(response)).error).toMatchObject({
      type: "billing_error",
      message: expect.stringContaining("$0.001"),
    });
    expect(await settledRow(key)).toMatchObject({ status: "refused", costNanoUsd: 0, reservedNanoUsd: 0 });
    expect(await journal(promptOf(body), { waitMs: 100 })).toHaveLength(0);
  });

  it("a budget for 10 requests admits 10 of 60 at once, and its sums agree with the rows", async () => {
    const body = question({ max_tokens: 1_000 });
    const worstCase = 1_000 * 10_000 + Math.ceil(JSON.stringify(body).length / 2) * 2_000;
    const limits: KeyLimits = { monthlyBudgetNanoUsd: worstCase * 10 + 1_000 };
    const key = await createKey(limits);
    const responses = await Promise.all(
      Array.from({ length: 60 }, () => post(body, { key: key.secret, script: { headMs: 4_000 } })),
    );
    const statuses = responses.map((response) => response.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(50);
    const rows = await rowsOf(key);
    expect(rows.filter((row) => row.status === "succeeded")).toHaveLength(10);
    const spent = rows.reduce((sum, row) => sum + (row.costNanoUsd ?? 0), 0);
    const month = { settledNanoUsd: spent, reservedNanoUsd: 0 };
    expect(await meterOf(key)).toMatchObject({ running: 0, month });
  });

  it("a budget has to have room for what an advisor may cost, who must be allowed too", async () => {
    const advisor = { type: "advisor_20260301", name: "advisor", model: "claude-opus-5-5", max_uses: 1 };
    const body = question({ tools: [{ ...advisor, max_tokens: 1_000 }] });
    // A full context of each model, 500 tokens of the one and 1,000 of the other.
    const worstCase = 1e6 * 2_000 + 500 * 10_000 + 1e6 * 4_000 + 1_000 * 20_000;
    const poor = await createKey({ monthlyBudgetNanoUsd: worstCase - 1 });
    expect((await post(body, { key: poor.secret })).status).toBe(402);
    const strict = await createKey({ allowedModels: [MODEL] });
    expect((await post(body, { key: strict.secret })).status).toBe(403);
    const key = await createKey({ monthlyBudgetNanoUsd: worstCase });
    const iterations = [
      { type: "message", input_tokens: 10, output_tokens: 20 },
      { type: "advisor_message", model: "claude-opus-5-5", input_tokens: 700_000, output_tokens: 900 },
    ];
    const usage = { input_tokens: 10, output_tokens: 20, iterations };
    expect((await post(body, { key: key.secret, script: { usage } })).status).toBe(200);
    const row = await settledRow(key);
    expect(row.costNanoUsd).toBe(10 * 2_000 + 20 * 10_000 + 700_000 * 4_000 + 900 * 20_000);
    expect(row).not.toHaveProperty("overran");
  });

  it("usage beyond the reservation is recorded in full and blocks the next request", async () => {
    const key = await createKey({ monthlyBudgetNanoUsd: 10_000_000 });
    const usage = { output_tokens: 5_000 };
    await (await post(question({ max_tokens: 100 }), { key: key.secret, script: { usage } })).text();
    expect(await settledRow(key)).toMatchObject({ overran: true, tokens: { outputTokens: 5_000 } });
    expect((await post(question({ max_tokens: 1 }), { key: key.secret })).status).toBe(402);
  });
});

describe("a key's end", () => {
  it("an expired key answers 401", async () => {
    const key = await createKey({ expiresInDays: 0.5 / 86_400 });
    expect((await post(question(), { key: key.secret })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 600));
    const response = await post(question(), { key: key.secret });
    expect(response.status).toBe(401);
    expect((await errorOf(response)).error.message).toContain("expired");
  });
});

describe("prices", () => {
  it("set by the operator open a model that was refused, and are what it costs", async () => {
    const key = await createKey();
    const model = "claude-mythos-preview"; // Anthropic has published no price for it.
    expect((await post(question({ model }), { key: key.secret })).status).toBe(403);
    await shared.client.run("admin:setPrice", { model, inputUsdPerMillion: 1, outputUsdPerMillion: 3 });
    const script = { usage: { input_tokens: 10, output_tokens: 20 } };
    const response = await post(question({ model }), { key: key.secret, script });
    expect(response.status, await response.text()).toBe(200);
    expect(await settledRow(key)).toMatchObject({ costNanoUsd: 10 * 1_000 + 20 * 3_000 });
  });

  it("of a fallback that answered instead are what it costs", async () => {
    const key = await createKey();
    const fallbacks = [{ model: "claude-haiku-5-5" }];
    const script = { servedModel: "claude-haiku-5-5", usage: { input_tokens: 100, output_tokens: 100 } };
    await readStream(await post(question({ stream: true, fallbacks }), { key: key.secret, script }));
    expect(await settledRow(key)).toMatchObject({ servedModel: "claude-haiku-5-5", costNanoUsd: 60_000 });
  });
});

describe("POST /gateway/requests/{id}/stop", () => {
  it("ends a running stream of the same key in an error event, and is 404 for any other", async () => {
    const key = await createKey();
    const stream = await post(question({ stream: true }), {
      key: key.secret,
      script: { hangAfterDeltas: 2 },
    });
    const id = stream.headers.get("x-gateway-request-id") ?? "";
    const stop = (secret: string) => post("", { key: secret, path: `/gateway/requests/${id}/stop` });
    expect((await stop((await createKey()).secret)).status).toBe(404);
    expect((await stop(key.secret)).status).toBe(200);
    const { text } = await readStream(stream);
    expect(lastEvent(text, "error").error?.message).toContain("stopped");
    expect(await settledRow(key)).toMatchObject({ status: "canceled", usageSource: "estimated" });
  });
});
