import { createServer, type Server } from "node:http";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSecrets } from "../local/createSecrets";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { type Backend, newBackend } from "./test.setup";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WAITS = [
  0,
  5_000,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

let server: Server;
let statuses: number[];
let received: { id: string; body: string; headers: Record<string, string> }[];
let url: string;

beforeEach(async () => {
  vi.stubEnv("GATEWAY_ENCRYPTION_KEY", createSecrets().GATEWAY_ENCRYPTION_KEY);
  vi.stubEnv("ALLOW_LOOPBACK_CALLBACKS", "1");
  vi.useFakeTimers({ toFake: ["Date"] });
  statuses = [];
  received = [];
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)]));
      received.push({ id: headers["webhook-id"] ?? "", body, headers });
      response.writeHead(statuses.shift() ?? 200).end("seen");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`;
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function newDestination(backend: Backend, eventTypes: "webhook.disabled"[] = []) {
  return await backend.action(internal.webhookAdmin.createDestinationFromCli, {
    name: "test",
    url,
    eventTypes,
  });
}

async function onlyDelivery(backend: Backend, type = "webhook.test"): Promise<Doc<"webhookDeliveries">> {
  const rows = await backend.run((ctx) => ctx.db.query("webhookDeliveries").collect());
  const [row, ...others] = rows.filter((each) => each.type === type);
  if (!row || others.length > 0) throw new Error(`${rows.length} deliveries`);
  return row;
}

/** Moves the clock to when the delivery is due and lets the dispatcher run. */
async function attemptWhenDue(backend: Backend, attempt: number): Promise<Doc<"webhookDeliveries">> {
  const { dueAt } = await onlyDelivery(backend);
  vi.setSystemTime(Math.max(dueAt, Date.now()));
  await backend.mutation(internal.dispatcher.wake, { queue: "deliveries" });
  return await vi.waitFor(
    async () => {
      const delivery = await onlyDelivery(backend);
      const log = await backend.run((ctx) => ctx.db.query("deliveryAttempts").collect());
      const [dispatcher] = await backend.run((ctx) => ctx.db.query("dispatchers").collect());
      expect([log.length, dispatcher?.leaseExpiresAt]).toEqual([attempt, 0]);
      return delivery;
    },
    { timeout: 10_000, interval: 20 },
  );
}

describe("a receiver that fails", () => {
  it("nine times gets the tenth, at the schedule's times, always with the same id and a fresh signature", async () => {
    const backend = newBackend();
    const { destinationId, secret } = await newDestination(backend);
    statuses = Array.from({ length: 9 }, () => 500);
    const { messageId } = await backend.mutation(internal.webhookAdmin.testDestination, { destinationId });
    const sentAt: number[] = [];
    for (let attempt = 1; attempt <= 10; attempt++) {
      const delivery = await attemptWhenDue(backend, attempt);
      sentAt.push(Date.now());
      expect(delivery.status).toBe(attempt < 10 ? "pending" : "delivered");
      const last = received.at(-1);
      expect(new Webhook(secret).verify(last?.body ?? "", last?.headers ?? {})).toMatchObject({
        type: "webhook.test",
      });
    }
    expect(received.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, () => messageId));
    expect(new Set(received.map(({ headers }) => headers["webhook-timestamp"])).size).toBe(10);
    for (const [index, at] of sentAt.entries()) {
      if (index === 0) continue;
      const waitedMs = at - (sentAt[index - 1] ?? 0);
      expect(waitedMs).toBeGreaterThanOrEqual(WAITS[index] ?? 0);
      expect(waitedMs).toBeLessThanOrEqual((WAITS[index] ?? 0) * 1.1 + 1_000);
    }
  }, 60_000);

  it("ten times is given up, and gets it by hand under the same id", async () => {
    const backend = newBackend();
    const { destinationId } = await newDestination(backend);
    statuses = Array.from({ length: 10 }, () => 503);
    const { messageId } = await backend.mutation(internal.webhookAdmin.testDestination, { destinationId });
    for (let attempt = 1; attempt <= 10; attempt++) await attemptWhenDue(backend, attempt);
    const failed = await onlyDelivery(backend);
    expect(failed).toMatchObject({ status: "failed", attempts: 10, lastStatus: 503 });
    await backend.mutation(internal.webhookAdmin.redeliverFromCli, { deliveryId: failed._id });
    expect(await attemptWhenDue(backend, 11)).toMatchObject({ status: "delivered", messageId });
  }, 60_000);

  it("for five days is disabled, and another destination learns of it", async () => {
    const backend = newBackend();
    const { destinationId } = await newDestination(backend);
    const failingSince = Date.now() - 5 * 24 * HOUR;
    await backend.run((ctx) => ctx.db.patch("destinations", destinationId, { failingSince }));
    await newDestination(backend, ["webhook.disabled"]);
    statuses = [500];
    await backend.mutation(internal.webhookAdmin.testDestination, { destinationId });
    await vi.waitFor(() => expect(received).toHaveLength(2), { timeout: 5_000 });
    expect(received[1]?.body).toContain('"type":"webhook.disabled"');
    const destination = await backend.run((ctx) => ctx.db.get("destinations", destinationId));
    expect(destination).toMatchObject({ disabledBecause: "Every delivery failed for 5 days." });
    expect((await onlyDelivery(backend)).status).toBe("canceled");
  });

  it("with 410 is disabled at once", async () => {
    const backend = newBackend();
    const { destinationId } = await newDestination(backend);
    statuses = [410];
    await backend.mutation(internal.webhookAdmin.testDestination, { destinationId });
    expect(await attemptWhenDue(backend, 1)).toMatchObject({ status: "failed", lastStatus: 410 });
    const destination = await backend.run((ctx) => ctx.db.get("destinations", destinationId));
    expect(destination?.disabledAt).toBeDefined();
    await expect(backend.mutation(internal.webhookAdmin.testDestination, { destinationId })).rejects.toThrow(
      "disabled",
    );
  });
});
