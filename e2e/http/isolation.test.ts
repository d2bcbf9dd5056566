import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createKey, post, question, rowsOf, shared, type TestKey } from "./gateway.ts";

const isFull = process.env.GATEWAY_TEST_FULL === "1";
const REQUESTS = isFull ? 1_000 : 150;
const AT_ONCE = 40;
const CANARY = /canary-[0-9a-f-]{36}/g;

describe("one caller's data", () => {
  it(`never reaches another: ${REQUESTS} concurrent requests, each with a canary of its own`, async () => {
    const keys = await Promise.all([createKey(), createKey(), createKey()]);
    const canaries = new Map<string, TestKey>();
    const ask = async (index: number) => {
      const key = keys[index % keys.length] as TestKey;
      const canary = `canary-${randomUUID()}`;
      canaries.set(canary, key);
      const body = question({
        stream: index % 2 === 0,
        messages: [{ role: "user", content: canary }],
        metadata: { user_id: canary },
      });
      const durable: Record<string, string> = index % 10 === 0 ? { "x-gateway-durable": "true" } : {};
      const response = await post(body, { key: key.secret, headers: durable });
      const text = await response.text();
      expect(response.status, text.slice(0, 300)).toBe(200);
      expect(new Set(text.replace(/"\},"?|\\n/g, "").match(CANARY) ?? [canary])).toEqual(new Set([canary]));
      if (index % 10 === 0)
        await expectResumable(response, key, canary, keys[(index + 1) % keys.length] as TestKey);
    };
    for (let start = 0; start < REQUESTS; start += AT_ONCE) {
      const count = Math.min(AT_ONCE, REQUESTS - start);
      await Promise.all(Array.from({ length: count }, (_, offset) => ask(start + offset)));
    }
    for (const key of keys) {
      const foreign = [...canaries].filter(([, owner]) => owner !== key).map(([canary]) => canary);
      const rows = JSON.stringify(await rowsOf(key));
      expect(rows.match(CANARY)).toBeNull();
      expect(foreign.some((canary) => rows.includes(canary))).toBe(false);
    }
  }, 300_000);

  it("answers 404 to every other key, whatever is done with its id", async () => {
    const [owner, stranger] = [await createKey(), await createKey()];
    const stream = await post(question({ stream: true }), {
      key: owner.secret,
      headers: { "x-gateway-durable": "true" },
      script: { text: "word ".repeat(50), deltas: 20, deltaMs: 100 },
    });
    const requestId = stream.headers.get("x-gateway-request-id") ?? "";
    const batch = (await (
      await post(
        { requests: [{ custom_id: "a", params: question() }] },
        { key: owner.secret, path: "/v1/messages/batches" },
      )
    ).json()) as { id: string };
    const form = new FormData();
    form.append("file", new Blob(["secret"]), "secret.txt");
    const uploaded = await fetch(`${shared.siteUrl}/v1/files`, {
      method: "POST",
      headers: { "x-api-key": owner.secret, "anthropic-version": "2023-06-01" },
      body: form,
    });
    const file = (await uploaded.json()) as { id: string };
    const calls: [method: string, path: string][] = [
      ["GET", `/gateway/streams/${requestId}`],
      ["POST", `/gateway/requests/${requestId}/stop`],
      ["GET", `/v1/messages/batches/${batch.id}`],
      ["POST", `/v1/messages/batches/${batch.id}/cancel`],
      ["GET", `/v1/messages/batches/${batch.id}/results`],
      ["DELETE", `/v1/messages/batches/${batch.id}`],
      ["GET", `/v1/files/${file.id}`],
      ["GET", `/v1/files/${file.id}/content`],
      ["DELETE", `/v1/files/${file.id}`],
    ];
    for (const [method, path] of calls) {
      const headers = { "x-api-key": stranger.secret, "anthropic-version": "2023-06-01" };
      const foreign = await fetch(shared.siteUrl + path, { method, headers });
      const unknown = await fetch(shared.siteUrl + path.replace(/(req_gw_|msgbatch_|file_)\w+/, "$1none"), {
        method,
        headers,
      });
      expect([path, foreign.status, unknown.status]).toEqual([path, 404, 404]);
      expect(await foreign.text()).not.toContain("secret.txt");
      await unknown.text();
    }
    expect((await stream.text()).match(/event: message_stop/g)).toHaveLength(1);
  });
});

async function expectResumable(
  response: Response,
  key: TestKey,
  canary: string,
  other: TestKey,
): Promise<void> {
  const path = `${shared.siteUrl}/gateway/streams/${response.headers.get("x-gateway-request-id")}`;
  const own = await (await fetch(path, { headers: { "x-api-key": key.secret } })).text();
  expect(new Set(own.match(CANARY) ?? [canary])).toEqual(new Set([canary]));
  expect((await fetch(path, { headers: { "x-api-key": other.secret } })).status).toBe(404);
}
