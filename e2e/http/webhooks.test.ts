import { createHmac, randomUUID } from "node:crypto";
import { Webhook as SvixWebhook } from "svix";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKey, errorOf, journal, MODEL, rowsOf, shared, type TestKey } from "./gateway.ts";
import { Receiver, verified } from "./Receiver.ts";
import { signed } from "./signed.ts";
import { createWebhook, endedRun, postEvent, sendEvent, type TestRun, tableOf } from "./webhooks.ts";

let receiver: Receiver;
/** Takes 17 s to be given up, so it is sent first and looked at last. */
let failing: { key: TestKey; id: string };
beforeAll(async () => {
  receiver = await Receiver.start();
  const key = await createKey();
  const webhook = await createWebhook(receiver, {}, { key });
  failing = { key, id: await sendEvent(webhook, { text: `[[script ${JSON.stringify({ status: 529 })}]]` }) };
});
afterAll(() => receiver.stop());

const hmac = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest("hex");

describe("a signed event", () => {
  it("runs its prompt once, is metered, and is answered to the destination with a good signature", async () => {
    const webhook = await createWebhook(receiver, { prompt: "Say: {{ payload.text }}", system: "Be brief." });
    const text = randomUUID();
    const id = await sendEvent(webhook, { text });
    const [delivery] = await receiver.waitFor(id);
    if (!delivery) throw new Error("no delivery");
    const message = verified(delivery, webhook.destination.secret);
    expect(new SvixWebhook(webhook.destination.secret).verify(delivery.body, delivery.headers)).toEqual(
      message,
    );
    expect(message).toMatchObject({
      type: "answer.completed",
      data: {
        id,
        text: expect.stringContaining(text),
        message: { role: "assistant", stop_reason: "end_turn" },
      },
    });
    expect(delivery.id).toBe(`msg_${id}`);
    const [row, ...others] = await rowsOf(webhook.key);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ status: "succeeded", usageSource: "reported", source: "webhook" });
    expect(message.data.request_id).toBe(row?.requestId);
    expect(Number(message.data.cost_usd) * 1e9).toBeCloseTo(row?.costNanoUsd ?? -1, 3);
    const [sent] = await journal(text);
    expect(JSON.parse(sent?.body ?? "{}")).toMatchObject({ model: MODEL, system: "Be brief.", stream: true });
  });

  it("is accepted when Svix's library signs it", async () => {
    const webhook = await createWebhook(receiver);
    const body = JSON.stringify({ text: randomUUID() });
    const id = `msg_${randomUUID()}`;
    const at = new Date();
    const headers = {
      "svix-id": id,
      "svix-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "svix-signature": new SvixWebhook(webhook.secret).sign(id, at, body),
    };
    expect((await postEvent(webhook.webhookId, body, headers)).status).toBe(202);
  });

  it("that comes 100 times at once runs once: one 202, 99 times 200 with the same id", async () => {
    const webhook = await createWebhook(receiver);
    const text = randomUUID();
    const body = JSON.stringify({ text });
    const headers = signed(webhook.secret, body);
    const responses = await Promise.all(
      Array.from({ length: 100 }, () => postEvent(webhook.webhookId, body, headers)),
    );
    const statuses = responses.map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(1);
    expect(statuses.filter((status) => status === 200)).toHaveLength(99);
    const ids = new Set(await Promise.all(responses.map(async (response) => (await response.json()).id)));
    expect(ids.size).toBe(1);
    const [id = ""] = ids;
    await receiver.waitFor(id);
    await endedRun(id);
    expect(await rowsOf(webhook.key)).toHaveLength(1);
    expect(receiver.received.filter(({ body }) => body.includes(id))).toHaveLength(1);
  });

  it("is refused with 401 and leaves no trace when forged, re-serialised, stale or unsigned", async () => {
    const webhook = await createWebhook(receiver);
    const body = '{"text": "hello"}';
    const good = signed(webhook.secret, body);
    const stranger = await createWebhook(receiver);
    const refused: [string, string, Record<string, string>][] = [
      ["another secret", body, signed(stranger.secret, body)],
      ["written again", JSON.stringify(JSON.parse(body)), good],
      ["301 s old", body, signed(webhook.secret, body, { at: Date.now() - 301_500 })],
      ["301 s early", body, signed(webhook.secret, body, { at: Date.now() + 302_000 })],
      ["no version", body, { ...good, "webhook-signature": good["webhook-signature"].slice(3) }],
      ["no signature", body, { "webhook-id": "a", "webhook-timestamp": good["webhook-timestamp"] }],
      ["another id", body, { ...good, "webhook-id": "msg_other" }],
    ];
    for (const [what, sent, headers] of refused) {
      const response = await postEvent(webhook.webhookId, sent, headers);
      expect([what, response.status]).toEqual([what, 401]);
      expect((await errorOf(response)).error.message).not.toContain(webhook.secret);
    }
    const runs = await tableOf<TestRun>("runs");
    expect(runs.filter((run) => run.webhookId === webhook.webhookId)).toEqual([]);
    expect((await postEvent("nothing", body, good)).status).toBe(404);
    expect((await postEvent(webhook.webhookId, "x".repeat(1024 * 1024 + 1), good)).status).toBe(413);
  });

  it("is accepted under both secrets after a rotation", async () => {
    const webhook = await createWebhook(receiver);
    const { secret } = (await shared.client.run("admin:rotateWebhook", { webhookId: webhook.webhookId })) as {
      secret: string;
    };
    for (const each of [webhook.secret, secret]) {
      const body = JSON.stringify({ text: randomUUID() });
      expect((await postEvent(webhook.webhookId, body, signed(each, body))).status).toBe(202);
    }
  });
});

describe("senders", () => {
  it("GitHub, Stripe and a bearer token are accepted as they sign, and told by their type", async () => {
    const payload = { text: randomUUID(), id: `evt_${randomUUID()}`, type: "charge.failed" };
    const body = JSON.stringify(payload);
    const at = Math.floor(Date.now() / 1_000);
    const senders: [string, (secret: string) => Record<string, string>, string][] = [
      [
        "github",
        (secret) => ({ "x-hub-signature-256": `sha256=${hmac(secret, body)}`, "x-github-event": "issues" }),
        "issues",
      ],
      [
        "stripe",
        (secret) => ({ "stripe-signature": `t=${at},v1=${hmac(secret, `${at}.${body}`)}` }),
        "charge.failed",
      ],
      ["bearer", (secret) => ({ authorization: `Bearer ${secret}` }), "charge.failed"],
    ];
    for (const [scheme, headers, type] of senders) {
      const webhook = await createWebhook(receiver, {
        scheme,
        prompt: "{{ event.type }} {{ payload.text }}",
      });
      const response = await postEvent(webhook.webhookId, body, headers(webhook.secret));
      expect(response.status).toBe(202);
      const { id } = await response.json();
      const [delivery] = await receiver.waitFor(id);
      expect(delivery?.body).toContain(`${type} ${payload.text}`);
      expect((await postEvent(webhook.webhookId, body, headers("wrong-secret-of-length"))).status).toBe(401);
    }
  });

  it("Slack gets its challenge back, signed only, and its events run", async () => {
    const secret = "8f742231b10e8888abcd99yyyzzz85a5";
    const webhook = await createWebhook(receiver, {
      scheme: "slack",
      secret,
      prompt: "{{ payload.event.text }}",
    });
    const post = (body: string, key: string) => {
      const at = Math.floor(Date.now() / 1_000);
      return postEvent(webhook.webhookId, body, {
        "x-slack-request-timestamp": String(at),
        "x-slack-signature": `v0=${hmac(key, `v0:${at}:${body}`)}`,
      });
    };
    const question = JSON.stringify({ type: "url_verification", challenge: "abc" });
    expect(await (await post(question, secret)).json()).toEqual({ challenge: "abc" });
    expect((await post(question, `${secret}x`)).status).toBe(401);
    const event = { type: "event_callback", event_id: "Ev1", event: { type: "message", text: randomUUID() } };
    const { id } = await (await post(JSON.stringify(event), secret)).json();
    const [delivery] = await receiver.waitFor(id);
    expect(delivery?.body).toContain(event.event.text);
  });
});

describe("a run", () => {
  it("is kept from running by a filter or a pause, says why, and runs by hand", async () => {
    const filters = [{ path: "payload.action", operator: "equals", value: "opened" }];
    const webhook = await createWebhook(receiver, { filters });
    const send = async (payload: object) => {
      const body = JSON.stringify(payload);
      return await (await postEvent(webhook.webhookId, body, signed(webhook.secret, body))).json();
    };
    const closed = await send({ action: "closed", text: "a" });
    expect(closed.status).toBe("ignored");
    expect(await endedRun(closed.id)).toMatchObject({
      problem: { message: expect.stringContaining("payload.action") },
    });
    await shared.client.run("admin:pauseWebhook", { webhookId: webhook.webhookId, isPaused: true });
    expect((await send({ action: "opened", text: "b" })).status).toBe("ignored");
    await shared.client.run("admin:rerunEvent", { id: closed.id });
    const [delivery] = await receiver.waitFor(closed.id);
    expect(delivery?.body).toContain("answer.completed");
  });

  it("fails for good when the template has no value, names the path, and tells the destination", async () => {
    const webhook = await createWebhook(receiver, { prompt: "{{ payload.nothing.here }}" });
    const id = await sendEvent(webhook, { text: "x" });
    expect(await endedRun(id)).toMatchObject({
      status: "failed",
      attempts: 0,
      problem: {
        type: "template_error",
        message: expect.stringContaining("payload.nothing.here is missing"),
      },
    });
    const [delivery] = await receiver.waitFor(id);
    if (!delivery) throw new Error("no delivery");
    expect(verified(delivery, webhook.destination.secret)).toMatchObject({
      type: "answer.failed",
      data: { error: { type: "template_error" } },
    });
    expect(await rowsOf(webhook.key)).toEqual([]);
  });

  it("asks for structured output and delivers it parsed", async () => {
    const schema = { type: "object", properties: { label: { type: "string" } }, required: ["label"] };
    const webhook = await createWebhook(receiver, { answerSchemaJson: JSON.stringify(schema) });
    const script = { text: '{"label":"bug"}' };
    const id = await sendEvent(webhook, { text: `${randomUUID()} [[script ${JSON.stringify(script)}]]` });
    const [delivery] = await receiver.waitFor(id);
    if (!delivery) throw new Error("no delivery");
    expect(verified(delivery, webhook.destination.secret).data.output).toEqual({ label: "bug" });
    const [sent] = await journal(script.text.slice(2, 7));
    expect(sent).toBeDefined();
  });

  it("is tried once when Claude refuses the request", async () => {
    const webhook = await createWebhook(receiver);
    const id = await sendEvent(webhook, { text: `[[script ${JSON.stringify({ status: 400 })}]]` });
    expect(await endedRun(id)).toMatchObject({ status: "failed", attempts: 1 });
  });

  it("is paid by its key: no money is a recorded failure, a full minute only a wait", async () => {
    const poor = await createWebhook(receiver, {}, { key: await createKey({ monthlyBudgetNanoUsd: 1 }) });
    expect(await endedRun(await sendEvent(poor, { text: "x" }))).toMatchObject({
      status: "failed",
      problem: { type: "billing_error" },
    });
    const slow = await createWebhook(receiver, {}, { key: await createKey({ concurrentRequests: 1 }) });
    const script = JSON.stringify({ headMs: 300 });
    const ids = await Promise.all(
      ["a", "b"].map((text) => sendEvent(slow, { text: `${text} [[script ${script}]]` })),
    );
    for (const id of ids) expect(await endedRun(id)).toMatchObject({ status: "succeeded", attempts: 1 });
  });

  it("is tried three times, with a row for each, when Claude is overloaded", async () => {
    expect(await endedRun(failing.id, shared, 40_000)).toMatchObject({ status: "failed", attempts: 3 });
    const rows = await rowsOf(failing.key);
    expect(rows.map(({ status, httpStatus }) => [status, httpStatus])).toEqual(
      Array.from({ length: 3 }, () => ["failed", 529]),
    );
  }, 60_000);
});
