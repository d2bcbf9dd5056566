import { describe, expect, it } from "vitest";
import { createKey, errorOf, journal, post, question, settledRow, shared, type TestKey } from "./gateway.ts";
import { lastEvent } from "./streams.ts";

const durable = { "x-gateway-durable": "true" };
const slow = { text: "word ".repeat(60), deltas: 30, deltaMs: 30 };
const promptOf = (body: { messages: { content: string }[] }): string => body.messages[0]?.content ?? "";

function resume(requestId: string, key: TestKey, lastEventId?: number): Promise<Response> {
  return fetch(`${shared.siteUrl}/gateway/streams/${requestId}`, {
    headers: {
      "x-api-key": key.secret,
      ...(lastEventId !== undefined && { "last-event-id": String(lastEventId) }),
    },
  });
}

/** Starts a durable stream and leaves after its first bytes. */
async function startAndLeave(key: TestKey, body: object, script: object): Promise<string> {
  const leaving = new AbortController();
  const response = await post(body, { key: key.secret, headers: durable, script, signal: leaving.signal });
  const requestId = response.headers.get("x-gateway-request-id") ?? "";
  await response.body?.getReader().read();
  leaving.abort();
  return requestId;
}

const withoutNumbers = (text: string): string =>
  text
    .replace(/^id: \d+\n/gm, "")
    .replace(/: request .*\n\n$/, "")
    .replace(/event: ping\ndata: .*\n\n/g, "");

describe("x-gateway-durable", () => {
  it("goes on without its client, who resumes with exactly the events that were missing", async () => {
    const key = await createKey();
    const body = question({ stream: true });
    const requestId = await startAndLeave(key, body, slow);
    const whole = await (await resume(requestId, key)).text();
    expect(whole).toContain("event: message_stop");
    const [entry] = await journal(promptOf(body), { state: "complete" });
    expect(entry?.headers).not.toHaveProperty("x-gateway-durable");
    expect(await settledRow(key)).toMatchObject({ status: "succeeded", usageSource: "reported" });
    const numbers = [...whole.matchAll(/^id: (\d+)$/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const rest = await (await resume(requestId, key, 7)).text();
    expect(rest).toBe(whole.slice(whole.indexOf("id: 8\n")));
    expect(await (await resume(requestId, key, numbers.length)).text()).toBe("");
  });

  it("gives the client who stays the same events as the one who resumes", async () => {
    const key = await createKey();
    const response = await post(question({ stream: true }), {
      key: key.secret,
      headers: durable,
      script: slow,
    });
    const live = await response.text();
    const resumed = await (await resume(response.headers.get("x-gateway-request-id") ?? "", key)).text();
    expect(withoutNumbers(resumed)).toBe(withoutNumbers(live));
  });

  it("is stopped from anywhere within a second, settled, and ends in an error event for every reader", async () => {
    const key = await createKey();
    const body = question({ stream: true });
    const requestId = await startAndLeave(key, body, { ...slow, deltas: 60, deltaMs: 200 });
    const reader = resume(requestId, key).then((response) => response.text());
    const stoppedAt = Date.now();
    await fetch(`${shared.siteUrl}/gateway/requests/${requestId}/stop`, {
      method: "POST",
      headers: { "x-api-key": key.secret },
    });
    expect(lastEvent(await reader, "error").error?.message).toMatch(/stopped/);
    const [entry] = await journal(promptOf(body), { state: "aborted" });
    expect((entry?.abortedAt ?? Number.POSITIVE_INFINITY) - stoppedAt).toBeLessThan(1_000);
    expect(await settledRow(key)).toMatchObject({ status: "canceled", usageSource: "estimated" });
  });

  it("tells Claude's refusal as an event, because its head has left already", async () => {
    const key = await createKey();
    const script = { status: 400, error: { message: "scripted" } };
    const response = await post(question({ stream: true }), { key: key.secret, headers: durable, script });
    expect(response.status).toBe(200);
    expect(lastEvent(await response.text(), "error").error?.message).toBe("scripted");
    expect(await settledRow(key)).toMatchObject({ status: "failed", costNanoUsd: 0 });
  });

  it("is another key's secret: 404, like an id that never was and a stream that is not durable", async () => {
    const [key, other] = [await createKey(), await createKey()];
    const kept = await startAndLeave(key, question({ stream: true }), { deltas: 1 });
    const plain = await post(question({ stream: true }), { key: key.secret });
    await plain.text();
    const unkept = plain.headers.get("x-gateway-request-id") ?? "";
    for (const [requestId, caller] of [
      [kept, other],
      ["req_gw_unknown", key],
      [unkept, key],
    ] as const) {
      const response = await resume(requestId, caller);
      expect(response.status).toBe(404);
      expect((await errorOf(response)).error.type).toBe("not_found_error");
    }
    const revoked = await fetch(`${shared.siteUrl}/gateway/streams/${kept}`);
    expect(revoked.status).toBe(401);
  });

  it("needs a stream, a true or false, and a number to resume from", async () => {
    const key = await createKey();
    expect((await post(question(), { key: key.secret, headers: durable })).status).toBe(400);
    const odd = { "x-gateway-durable": "maybe" };
    expect((await post(question({ stream: true }), { key: key.secret, headers: odd })).status).toBe(400);
    const headers = { "x-api-key": key.secret, "last-event-id": "abc" };
    expect((await fetch(`${shared.siteUrl}/gateway/streams/req_gw_x`, { headers })).status).toBe(400);
  });
});
