import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createGatewayKey } from "../../convex/model/gatewayKey.ts";
import { createKey, type GatewayUnderTest, post, question, type TestKey } from "./gateway.ts";
import { type Stack, startStack } from "./Stack.ts";

const UPSTREAM_KEY = "simulated-upstreamCanary7Qx9";
const PROMPT = "prompt-canary-4711-of-an-api-request";
const INJECTION = "\u001b[31mred\r\nINJECTED line\u0000 \u0024{7*7} '; DROP TABLE documents; --";

let stack: Stack;
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
}, 120_000);
afterAll(() => stack.stop());

/** A secret and the forms in which it could hide. */
function formsOf(secret: string): string[] {
  return [
    secret,
    Buffer.from(secret).toString("base64").slice(0, -4),
    encodeURIComponent(secret),
    secret.slice(-24),
  ];
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

it("no log line, error or header holds a key or a prompt", () => {
  const told = [stack.output(), ...bodies].join("\n");
  for (const form of [...formsOf(key.secret), ...formsOf(UPSTREAM_KEY)])
    expect(told.includes(form)).toBe(false);
  expect(stack.output()).not.toContain(PROMPT);
});

it("the database holds a gateway key's hash only, and no prompt of an API request", async () => {
  for (const file of await filesBelow(stack.dataDir)) {
    const bytes = await readFile(file);
    for (const form of formsOf(key.secret)) expect([file, bytes.includes(form)]).toEqual([file, false]);
    expect([file, bytes.includes(PROMPT)]).toEqual([file, false]);
  }
});

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
