import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKey, post, question, shared } from "./gateway.ts";
import { Receiver, verified } from "./Receiver.ts";
import { createDestination, createWebhook, endedRun, sendEvent, tableOf } from "./webhooks.ts";

let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
});
afterAll(() => receiver.stop());

describe("a destination", () => {
  it("gets the events that it subscribes to, and no others", async () => {
    const quiet = await Receiver.start();
    await createDestination(quiet.url);
    const eventTypes = ["key.created", "key.revoked", "budget.exhausted", "budget.threshold"];
    const { secret } = await createDestination(receiver.url, { eventTypes });
    const key = await createKey({ monthlyBudgetNanoUsd: 1 });
    const [created] = await receiver.waitFor(key.apiKeyId);
    if (!created) throw new Error("no event");
    expect(verified(created, secret)).toMatchObject({
      type: "key.created",
      data: { key: { id: key.apiKeyId } },
    });
    expect(created.body).not.toContain(key.secret);
    expect((await post(question(), { key: key.secret })).status).toBe(402);
    await receiver.waitFor("budget.exhausted");
    expect(quiet.received).toEqual([]);
    await quiet.stop();
  });

  it("learns of every request that ends while it subscribes to that, and of none otherwise", async () => {
    const own = await Receiver.start();
    const { destinationId } = await createDestination(own.url, { eventTypes: ["request.completed"] });
    const key = await createKey();
    const response = await post(question(), { key: key.secret });
    const requestId = response.headers.get("x-gateway-request-id") ?? "";
    const [event] = await own.waitFor(requestId);
    expect(JSON.parse(event?.body ?? "{}")).toMatchObject({
      type: "request.completed",
      data: {
        status: "succeeded",
        key_id: key.apiKeyId,
        cost_usd: response.headers.get("x-gateway-cost-usd"),
      },
    });
    await shared.client.run("admin:setDestinationEnabled", { destinationId, isEnabled: false });
    const later = await post(question(), { key: key.secret });
    await own.stop();
    const deliveries = JSON.stringify(await tableOf("textParts"));
    expect(deliveries).not.toContain(`"request_id":"${later.headers.get("x-gateway-request-id")}"`);
  });

  it("gets a test event, and everything of a period again, under the same ids", async () => {
    const own = await Receiver.start();
    const { destinationId } = await createDestination(own.url);
    const from = Date.now() - 1_000;
    const sent = new Set<string>();
    for (let n = 0; n < 3; n++) {
      const { messageId } = (await shared.client.run("admin:testDestination", { destinationId })) as {
        messageId: string;
      };
      sent.add(messageId);
    }
    await own.waitFor("webhook.test", 3);
    await settled(destinationId, 3);
    await shared.client.run("admin:replayDestination", { destinationId, from, to: Date.now() + 1_000 });
    const all = await own.waitFor("webhook.test", 6);
    expect(new Set(all.map(({ id }) => id))).toEqual(sent);
    await own.stop();
  });

  it("signs with both secrets after a rotation", async () => {
    const own = await Receiver.start();
    const { destinationId, secret } = await createDestination(own.url);
    const rotated = (await shared.client.run("admin:rotateDestination", { destinationId })) as {
      secret: string;
    };
    await shared.client.run("admin:testDestination", { destinationId });
    const [delivery] = await own.waitFor("webhook.test");
    if (!delivery) throw new Error("no delivery");
    for (const each of [secret, rotated.secret]) expect(verified(delivery, each).type).toBe("webhook.test");
    await own.stop();
  });
});

describe("a hostile receiver", () => {
  it("of one webhook keeps no other webhook's answers waiting", async () => {
    const silent = await Receiver.start();
    silent.behaviour = () => undefined;
    const stuck = await createWebhook(silent);
    await Promise.all(Array.from({ length: 15 }, () => sendEvent(stuck, { text: randomUUID() })));
    const webhook = await createWebhook(receiver);
    const startedAt = Date.now();
    const id = await sendEvent(webhook, { text: randomUUID() });
    await receiver.waitFor(id);
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    await silent.stop();
  });
});

describe("secrets", () => {
  it("are in no table, in no log and in no scheduled job", async () => {
    const webhook = await createWebhook(receiver);
    await endedRun(await sendEvent(webhook, { text: randomUUID() }));
    const tables = [
      "webhooks",
      "destinations",
      "runs",
      "textParts",
      "webhookDeliveries",
      "auditLog",
      "_scheduled_functions",
    ];
    const stored = JSON.stringify([
      await Promise.all(tables.map((table) => tableOf(table))),
      await shared.client.logs(0),
    ]);
    for (const secret of [webhook.secret, webhook.destination.secret]) {
      expect(stored).not.toContain(secret.slice(6));
    }
  });
});

/** Until all of a destination's deliveries have ended: a replay leaves alone what is still under way. */
async function settled(destinationId: string, count: number): Promise<void> {
  for (;;) {
    const rows = await tableOf<{ destinationId?: string; status: string }>("webhookDeliveries");
    const delivered = rows.filter((row) => row.destinationId === destinationId && row.status === "delivered");
    if (delivered.length === count) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
