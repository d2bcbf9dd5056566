import { describe, expect, it } from "vitest";
import { createKey, journal, MODEL, post, settledRow, shared } from "./gateway.ts";
import { uniquePrompt } from "./streams.ts";

const path = "/v1/chat/completions";
const ask = (content: string, fields: object = {}) => ({
  model: MODEL,
  max_tokens: 200,
  messages: [{ role: "user", content }],
  ...fields,
});

interface Completion {
  usage: { prompt_tokens: number; completion_tokens: number };
}

describe("POST /v1/chat/completions", () => {
  it("relays a completion byte for byte and reads usage in its shape", async () => {
    const key = await createKey();
    const response = await post(ask(uniquePrompt()), { key: key.secret, path });
    const { usage } = (await response.json()) as Completion;
    expect(usage.completion_tokens).toBeGreaterThan(0);
    expect(await settledRow(key)).toMatchObject({
      status: "succeeded",
      usageSource: "reported",
      endpoint: "POST /v1/chat/completions",
      costNanoUsd: usage.prompt_tokens * 2_000 + usage.completion_tokens * 10_000,
    });
  });

  it("meters a stream whose client did not ask for usage, and shows it none", async () => {
    const [quiet, asking] = [await createKey(), await createKey()];
    const prompt = uniquePrompt();
    const plain = await (await post(ask(prompt, { stream: true }), { key: quiet.secret, path })).text();
    const withUsage = ask(prompt, { stream: true, stream_options: { include_usage: true } });
    const told = await (await post(withUsage, { key: asking.secret, path })).text();
    expect(plain).not.toContain('"usage"');
    expect(told).toContain('"usage"');
    for (const text of [plain, told]) expect(text).toContain("data: [DONE]\n\n: request ");
    const [first, second] = [await settledRow(quiet), await settledRow(asking)];
    expect(first).toMatchObject({ status: "succeeded", usageSource: "reported", stopReason: "stop" });
    expect(first.costNanoUsd).toBe(second.costNanoUsd);
    const entries = await journal(prompt, { atLeast: 2 });
    expect(JSON.parse(entries[0]?.body ?? "")).toEqual(withUsage);
    expect(entries[1]?.body).toBe(JSON.stringify(withUsage));
  });

  it("ends a stream that breaks off in an error chunk and settles what was delivered", async () => {
    const key = await createKey();
    const script = { text: "word ".repeat(100), cutAfterDeltas: 4 };
    const response = await post(ask(uniquePrompt(), { stream: true }), { key: key.secret, path, script });
    expect(await response.text()).toMatch(/data: {"error":{"message":".+","type":"api_error"/);
    const row = await settledRow(key);
    expect(row).toMatchObject({ status: "failed", usageSource: "estimated" });
    expect(row.tokens?.outputTokens).toBeGreaterThanOrEqual(24);
    expect(row.tokens?.outputTokens).toBeLessThanOrEqual(200);
  });

  it("reserves the model's whole output when the body sets no limit, and refuses unknown models and keys", async () => {
    const { secret } = await createKey({ monthlyBudgetNanoUsd: 100_000_000 });
    const { max_tokens: _unset, ...unlimited } = ask(uniquePrompt());
    expect((await post(unlimited, { key: secret, path })).status).toBe(402);
    expect((await post(ask("x", { model: "gpt-4" }), { key: secret, path })).status).toBe(403);
    expect((await post(ask("x"), { path })).status).toBe(401);
    expect((await fetch(shared.siteUrl + path)).status).toBe(405);
  });
});
