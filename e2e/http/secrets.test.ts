import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createGatewayKey } from "../../convex/model/gatewayKey.ts";
import { nextBin } from "../../local/buildWeb.ts";
import { runCli } from "../../local/convex/testing/testApp.ts";
import { readZip } from "../../local/convex/transfer/zipReader.ts";
import { createKey, type GatewayUnderTest, post, question, type TestKey } from "./gateway.ts";
import { Receiver } from "./Receiver.ts";
import { type Stack, startStack } from "./Stack.ts";
import { signed } from "./signed.ts";
import { createWebhook, postEvent, sendEvent, type TestWebhook } from "./webhooks.ts";

const UPSTREAM_KEY = "simulated-upstreamCanary7Qx9";
const PROMPT = "prompt-canary-4711-of-an-api-request";
const INJECTION = "\u001b[31mred\r\nINJECTED line\u0000 \u0024{7*7} '; DROP TABLE documents; --";

const root = join(import.meta.dirname, "../..");

let stack: Stack;
let receiver: Receiver;
let webhook: TestWebhook;
let gateway: GatewayUnderTest;
let key: TestKey;
const bodies: string[] = [];

async function keep(response: Response): Promise<void> {
  bodies.push(await response.text(), JSON.stringify([...response.headers]));
}

beforeAll(async () => {
  stack = await startStack();
  await stack.client.updateVariables({ ANTHROPIC_API_KEY: UPSTREAM_KEY });
  gateway = { siteUrl: stack.siteUrl, claudeUrl: stack.claudeUrl, client: stack.client };
  key = await createKey({ monthlyBudgetNanoUsd: 1_000_000_000 }, gateway);
  const ask = (fields: object, options: Partial<Parameters<typeof post>[1]> = {}) =>
    post(
      { ...question({ messages: [{ role: "user", content: PROMPT }] }), ...fields },
      { key: key.secret, gateway, ...options },
    );
  await keep(await ask({}));
  await keep(await ask({ stream: true }));
  for (const status of [400, 401, 429, 500, 529])
    await keep(await ask({ stream: true }, { script: { status } }));
  await keep(await ask({ stream: true }, { script: { cutAfterDeltas: 1 } }));
  await keep(await ask({ stream: true }, { script: { resetBeforeHead: true } }));
  await keep(await ask({ max_tokens: "none" }));
  await keep(await ask({ model: INJECTION }));
  await keep(await ask({ metadata: { user_id: INJECTION }, system: INJECTION }));
  await keep(await ask({}, { key: createGatewayKey(() => crypto.getRandomValues(new Uint8Array(64))) }));
  await keep(await ask({}, { key: `${key.secret.slice(0, -1)}!` }));
  await keep(await ask({}, { path: `/v1/messages?key=${key.secret}` }));
  await keep(await ask({}, { headers: { authorization: `Bearer ${UPSTREAM_KEY}` } }));
  for (const path of [
    `/gateway/streams/${encodeURIComponent(INJECTION)}`,
    `/v1/files/${"x".repeat(5_000)}`,
  ]) {
    await keep(await fetch(stack.siteUrl + path, { headers: { "x-api-key": key.secret } }));
  }
  receiver = await Receiver.start();
  webhook = await createWebhook(receiver, {}, { gateway, key });
  const ids = [await sendEvent(webhook, { text: "hello" }, gateway)];
  ids.push(await sendEvent(webhook, { text: '[[script {"status":401}]]' }, gateway));
  await keep(await postEvent(webhook.webhookId, "{}", signed(webhook.destination.secret, "{}"), gateway));
  for (const id of ids) await receiver.waitFor(id);
}, 120_000);
afterAll(async () => {
  await receiver?.stop();
  await stack?.stop();
});

/** A secret and the forms in which it could hide. */
function formsOf(secret: string): string[] {
  return [
    secret,
    Buffer.from(secret).toString("base64").slice(0, -4),
    encodeURIComponent(secret),
    secret.slice(0, 16),
    secret.slice(-24),
  ];
}

/** What the gateway was given, or made and showed once. */
const secretsShown = () => [key.secret, webhook.secret, webhook.destination.secret];

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

it("no log line, error, header or delivery holds a secret or a prompt", async () => {
  const logs = [stack.output(), JSON.stringify(await stack.client.logs(0))];
  const deliveries = receiver.received.map((delivery) => JSON.stringify(delivery));
  expect(deliveries.length).toBeGreaterThanOrEqual(2);
  const told = [...logs, ...bodies, ...deliveries].join("\n");
  const { JWT_PRIVATE_KEY = "", GATEWAY_ENCRYPTION_KEY = "" } = await stack.client.listVariables();
  // All private keys begin alike.
  const variables = [JWT_PRIVATE_KEY.slice(100, 200), GATEWAY_ENCRYPTION_KEY];
  for (const form of [...secretsShown(), UPSTREAM_KEY, ...variables].flatMap(formsOf)) {
    expect(form.length).toBeGreaterThanOrEqual(16);
    expect([form, told.includes(form)]).toEqual([form, false]);
  }
  for (const log of logs) expect(log).not.toContain(PROMPT);
});

it("the database and its export hold a gateway key's hash and sealed secrets only, and no prompt of an API request", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gateway-export-"));
  const path = join(folder, "export.zip");
  const { convexUrl: cloudUrl, adminKey } = stack;
  await runCli(root, { cloudUrl, adminKey }, ["export", "--path", path]);
  const contents = new Map<string, Buffer>();
  for (const entry of await readZip(path)) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry.read()) chunks.push(chunk);
    contents.set(`export/${entry.name}`, Buffer.concat(chunks));
  }
  await rm(folder, { recursive: true });
  expect(contents.get("export/apiKeys/documents.jsonl")?.includes(key.apiKeyId)).toBe(true);
  for (const file of await filesBelow(stack.dataDir)) contents.set(file, await readFile(file));
  for (const [name, bytes] of contents) {
    for (const form of [...secretsShown().flatMap(formsOf), PROMPT]) {
      expect([name, form, bytes.includes(form)]).toEqual([name, form, false]);
    }
  }
});

it.runIf(process.env.GATEWAY_TEST_FULL === "1")(
  "the built web app and its source maps hold no variable of the shell that built it",
  async () => {
    const canary = `canary-${crypto.randomUUID()}`;
    const names = ["ANTHROPIC_API_KEY", "CONVEX_SELF_HOSTED_ADMIN_KEY", "CONVEX_DEPLOY_KEY"];
    names.push("JWT_PRIVATE_KEY", "GATEWAY_ENCRYPTION_KEY", "SITE_URL");
    const variables = Object.fromEntries(names.map((name) => [name, canary]));
    const env = { ...process.env, ...variables, NODE_ENV: "production" as const };
    const { status } = spawnSync(process.execPath, [nextBin, "build"], { cwd: root, env, timeout: 280_000 });
    expect(status).toBe(0);
    const files = (await filesBelow(join(root, ".next"))).filter((file) => !file.includes("/cache/"));
    expect(files.filter((file) => file.endsWith(".map")).length).toBeGreaterThan(0);
    for (const file of files) {
      expect([file, (await readFile(file)).includes(canary.slice(0, 23))]).toEqual([file, false]);
    }
  },
  300_000,
);

it("no request writes a line of its own into the log, or a terminal's escape, or a very long line", () => {
  const lines = stack.output().split("\n");
  expect(lines.filter((line) => line.startsWith("INJECTED"))).toEqual([]);
  expect(lines.filter((line) => line.includes("\u001b[31mred") || line.includes("\u0000"))).toEqual([]);
  expect(lines.filter((line) => line.length > 4_096)).toEqual([]);
  expect(lines.some((line) => line.includes("49 '; DROP"))).toBe(false);
});

it("after all of it the gateway works as before", async () => {
  expect((await post(question(), { key: key.secret, gateway })).status).toBe(200);
});
