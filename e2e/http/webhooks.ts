import { randomUUID } from "node:crypto";
import { createKey, type GatewayUnderTest, shared, type TestKey } from "./gateway.ts";
import { Receiver } from "./Receiver.ts";
import { type Stack, startStack } from "./Stack.ts";
import { signed } from "./signed.ts";

/** A deployment of the test's own, and a receiver of what it delivers. */
export async function startWithReceiver(
  options?: Parameters<typeof startStack>[0],
): Promise<{ stack: Stack; receiver: Receiver; stop(): Promise<void> }> {
  const stack = await startStack(options);
  const receiver = await Receiver.start();
  return {
    stack,
    receiver,
    stop: async () => {
      await receiver.stop();
      await stack.stop();
    },
  };
}

export interface TestWebhook {
  webhookId: string;
  secret: string;
  key: TestKey;
  destination: { destinationId: string; secret: string };
}

export async function createDestination(url: string, fields: object = {}, gateway = shared) {
  const args = { name: `to ${randomUUID().slice(0, 8)}`, url, ...fields };
  const made = await gateway.client.run("admin:createDestination", args);
  return made as { destinationId: string; secret: string };
}

/** A webhook of the test's own, with a key and a destination of its own. */
export async function createWebhook(
  receiver: Receiver,
  fields: object = {},
  { gateway = shared, key }: { gateway?: GatewayUnderTest; key?: TestKey } = {},
): Promise<TestWebhook> {
  const payer = key ?? (await createKey({}, gateway));
  const destination = await createDestination(receiver.url, {}, gateway);
  const args = {
    name: `test ${randomUUID().slice(0, 8)}`,
    apiKeyId: payer.apiKeyId,
    scheme: "standard",
    prompt: "{{ payload.text }}",
    destinationIds: [destination.destinationId],
    ...fields,
  };
  const created = (await gateway.client.run("admin:createWebhook", args)) as {
    webhookId: string;
    secret: string;
  };
  return { ...created, key: payer, destination };
}

export async function postEvent(
  webhookId: string,
  body: string,
  headers: Record<string, string>,
  gateway = shared,
): Promise<Response> {
  return await fetch(`${gateway.siteUrl}/webhooks/${webhookId}`, { method: "POST", body, headers });
}

/** Sends one signed event with this text and returns our id of it. */
export async function sendEvent(webhook: TestWebhook, payload: object, gateway = shared): Promise<string> {
  const body = JSON.stringify(payload);
  const response = await postEvent(webhook.webhookId, body, signed(webhook.secret, body), gateway);
  const answer = await response.json();
  if (response.status !== 202) throw new Error(`event refused: ${response.status} ${JSON.stringify(answer)}`);
  return answer.id;
}

export interface TestRun {
  runId: string;
  status: string;
  attempts: number;
  claims: number;
  costNanoUsd: number;
  webhookId?: string;
  requestId?: string;
  problem?: { type: string; message: string };
}

/** All rows of a table, oldest first. */
export async function tableOf<Row>(table: string, gateway = shared): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  for (;;) {
    const args = { table, order: "asc", paginationOpts: { numItems: 2_000, cursor } };
    const page = (await gateway.client.run("_system/cli/tableData", args)) as {
      page: Row[];
      isDone: boolean;
      continueCursor: string;
    };
    rows.push(...page.page);
    if (page.isDone) return rows;
    cursor = page.continueCursor;
  }
}

/** A run once it has ended. */
export async function endedRun(runId: string, gateway = shared, timeoutMs = 20_000): Promise<TestRun> {
  for (const deadline = Date.now() + timeoutMs; ; ) {
    const run = (await tableOf<TestRun>("runs", gateway)).find((row) => row.runId === runId);
    if (run && ["succeeded", "failed", "ignored"].includes(run.status)) return run;
    if (Date.now() > deadline) throw new Error(`did not end: ${JSON.stringify(run)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
