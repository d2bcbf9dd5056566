import { afterEach, describe, expect, it } from "vitest";
import type { Script } from "../../local/claude/script.ts";
import { createKey, journal, post, question, rowsOf, settledRow, shared } from "./gateway.ts";
import { readStream } from "./streams.ts";

const FALLBACK = "claude-haiku-5-5";
const promptOf = (body: { messages: { content: string }[] }): string => body.messages[0]?.content ?? "";

afterEach(() => shared.client.updateVariables({ ANTHROPIC_API_KEY_2: null }));

describe("before the first byte", () => {
  it.each<[string, Script]>([
    ["529", { status: 529, firstTries: 1 }],
    ["500", { status: 500, firstTries: 1 }],
    ["a reset connection", { resetBeforeHead: true, firstTries: 1 }],
  ])(
    "%s is repeated once: the client sees one answer, the ledger a row for each attempt",
    async (_name, script) => {
      const key = await createKey();
      const body = question({ stream: true });
      const response = await post(body, { key: key.secret, script });
      expect(response.status).toBe(200);
      expect(response.headers.get("x-gateway-attempts")).toBe("2");
      expect(response.headers.get("x-gateway-model")).toBe(body.model);
      expect((await readStream(response)).text).toContain("event: message_stop");
      const requestId = response.headers.get("x-gateway-request-id");
      const rows = await rowsOf(key);
      expect(rows.map((row) => [row.requestId, row.status, row.reservedNanoUsd])).toEqual([
        [`${requestId}.1`, "failed", 0],
        [requestId, "succeeded", 0],
      ]);
      expect(await journal(promptOf(body), { atLeast: 2 })).toHaveLength(2);
    },
  );

  it("an SDK that repeats by itself is not repeated, and a fault that stays is passed on after one repetition", async () => {
    const headers = { "x-stainless-retry-count": "1" };
    const [own, lasting] = [question(), question()];
    const { secret } = await createKey();
    const first = await post(own, { key: secret, headers, script: { status: 529 } });
    expect([first.status, (await journal(promptOf(own))).length]).toEqual([529, 1]);
    const second = await post(lasting, { key: secret, script: { status: 529 } });
    expect([second.status, (await journal(promptOf(lasting), { atLeast: 2 })).length]).toEqual([529, 2]);
    expect(second.headers.get("x-gateway-attempts")).toBe("2");
  });

  it("after the first byte nothing is repeated", async () => {
    const key = await createKey();
    const body = question({ stream: true });
    await (await post(body, { key: key.secret, script: { cutAfterDeltas: 1, cut: "reset" } })).text();
    await settledRow(key);
    expect(await journal(promptOf(body))).toHaveLength(1);
    const whole = question();
    expect((await post(whole, { key: key.secret, script: { cutAfterDeltas: 0 } })).status).toBe(529);
    expect(await journal(promptOf(whole))).toHaveLength(1);
  });
});

describe("a second key for Claude", () => {
  it("takes over while the first one is over its limit, and the next requests do not try the first", async () => {
    await shared.client.updateVariables({ ANTHROPIC_API_KEY_2: "simulated-2" });
    const key = await createKey();
    const script: Script = {
      status: 429,
      onlyKey: "simulated",
      error: { headers: { "retry-after": "2" } },
    };
    const [first, second] = [question(), question()];
    const response = await post(first, { key: key.secret, script });
    expect([response.status, response.headers.get("x-gateway-attempts")]).toEqual([200, "2"]);
    const next = await post(second, { key: key.secret, script });
    expect([next.status, next.headers.get("x-gateway-attempts")]).toEqual([200, "1"]);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const later = await post(question(), { key: key.secret, script });
    expect(later.headers.get("x-gateway-attempts")).toBe("2");
    expect((await rowsOf(key)).map((row) => row.httpStatus)).toEqual([429, 200, 200, 429, 200]);
  });

  it("does not hide a limit that all keys reached", async () => {
    await shared.client.updateVariables({ ANTHROPIC_API_KEY_2: "simulated-2" });
    const { secret } = await createKey();
    const script = { status: 429, error: { headers: { "retry-after": "1" } } };
    const response = await post(question(), { key: secret, script });
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "1"]);
  });
});

describe("a fallback model", () => {
  const headers = { "x-gateway-fallback-model": FALLBACK };

  it("answers when the asked one is overloaded, priced and reserved as itself", async () => {
    const key = await createKey({ monthlyBudgetNanoUsd: 1_000_000_000 });
    const body = question({ stream: true });
    const script = { status: 529, onlyModel: body.model };
    const response = await post(body, { key: key.secret, headers, script });
    expect(response.headers.get("x-gateway-model")).toBe(FALLBACK);
    expect(response.headers.get("x-gateway-attempts")).toBe("2");
    await response.text();
    const [failed, answered] = await rowsOf(key);
    expect(failed).toMatchObject({ status: "failed", costNanoUsd: 0, httpStatus: 529 });
    expect(answered).toMatchObject({ status: "succeeded", servedModel: FALLBACK });
    const { inputTokens = 0, outputTokens = 0 } = answered?.tokens ?? {};
    expect(answered?.costNanoUsd).toBe(inputTokens * 100 + outputTokens * 500);
    const entries = await journal(promptOf(body), { atLeast: 2 });
    expect(entries[1]?.body).toBe(entries[0]?.body?.replace(body.model, FALLBACK));
    expect(entries[1]?.headers).not.toHaveProperty("x-gateway-fallback-model");
  });

  it("is not asked after a 4xx, nor when the key may not use it", async () => {
    const open = await createKey();
    const bad = await post(question(), { key: open.secret, headers, script: { status: 400 } });
    expect(bad.status).toBe(400);
    const narrow = await createKey({ allowedModels: ["claude-sonnet-5-5"] });
    const refused = await post(question(), { key: narrow.secret, headers, script: { status: 529 } });
    expect(refused.status).toBe(529);
    expect(await rowsOf(narrow)).toHaveLength(1);
    expect(await settledRow(narrow)).toMatchObject({ status: "failed", reservedNanoUsd: 0 });
  });
});
