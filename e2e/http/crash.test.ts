import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closedAnswer, type Member, postChat, readPages, signUp } from "./chat.ts";
import {
  createKey,
  errorOf,
  type GatewayUnderTest,
  journal,
  type LedgerRow,
  post,
  question,
  rowsOf,
  type TestKey,
} from "./gateway.ts";
import { type Stack, startStack } from "./Stack.ts";

const isFull = process.env.GATEWAY_TEST_FULL === "1";
const STREAMS = 20;

const UNREACHABLE_TIMES = process.env.GATEWAY_TEST_FULL === "1" ? 100 : 2;

let stack: Stack;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  stack = await startStack();
  gateway = stack;
});
afterAll(() => stack.stop());

describe("kill -9 during 20 streams", () => {
  it("leaves exactly one settled row for each, no reservation, and the key's slots free again", async () => {
    const key = await createKey(
      { monthlyBudgetNanoUsd: 100_000_000_000, concurrentRequests: STREAMS },
      gateway,
    );
    const body = question({ stream: true });
    const script = { text: "word ".repeat(1_000), deltas: 1_000, deltaMs: 20 };
    const streams = await Promise.all(
      Array.from({ length: STREAMS }, () => post(body, { key: key.secret, script, gateway })),
    );
    await Promise.all(streams.map((stream) => stream.body?.getReader().read()));
    await stack.kill();
    await stack.restart();
    const killedAt = Date.now();
    if (isFull) await untilNoneRuns(key, killedAt + 150_000);
    else await stack.client.run("requests:expireLeases", { now: Date.now() + 61_000 });
    const rows = await rowsOf(key, gateway);
    const reached = await journal(body.messages[0]?.content ?? "", { atLeast: STREAMS }, gateway);
    expect(rows).toHaveLength(reached.length);
    for (const row of rows) {
      expect(row).toMatchObject({ status: "expired", usageSource: "estimated", reservedNanoUsd: 0 });
      expect(row.costNanoUsd).toBeGreaterThan(0);
    }
    const spent = rows.reduce((sum, row) => sum + (row.costNanoUsd ?? 0), 0);
    const month = { reservedNanoUsd: 0, settledNanoUsd: spent };
    expect(await tableOf("meters")).toMatchObject([{ running: 0, month }]);
    const after = await post(question(), { key: key.secret, gateway });
    expect(after.status).toBe(200);
  }, 240_000);

  it("keeps what a chat's answer had reached, as failed, and lets its thread go on", async () => {
    const member = await signUp("member", gateway);
    const script = { text: "word ".repeat(1_000), deltas: 1_000, deltaMs: 10 };
    const response = await postChat(member, { prompt: `hello [[script ${JSON.stringify(script)}]]` });
    const requestId = response.headers.get("x-gateway-request-id") ?? "";
    const threadId = response.headers.get("x-gateway-thread-id") ?? "";
    const reader = response.body?.getReader();
    await untilPagesHold("word word", { member, requestId });
    await stack.kill();
    await reader?.cancel().catch(() => null);
    await stack.restart();
    const { text: pages } = await readPages(member, requestId);
    await stack.client.run("requests:expireLeases", { now: Date.now() + 61_000 });
    const answer = await closedAnswer(member, threadId);
    expect(answer).toMatchObject({ status: "failed", ledger: { status: "expired" } });
    expect(answer.content).toMatchObject([{ type: "text", text: textOf(pages) }]);
    expect((await readPages(member, requestId)).isDone).toBe(true);
    expect((await postChat(member, { threadId, prompt: "again" })).status).toBe(200);
  });
});

describe("a deployment whose Claude is not set up", () => {
  it("names the missing key and the command, and writes nothing", async () => {
    const key = await createKey({}, gateway);
    await stack.client.updateVariables({ ANTHROPIC_API_KEY: null });
    const response = await post(question(), { key: key.secret, gateway });
    await stack.client.updateVariables({ ANTHROPIC_API_KEY: "simulated" });
    expect(response.status).toBe(500);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect((await errorOf(response)).error).toMatchObject({
      type: "api_error",
      message: expect.stringContaining("npx convex env set ANTHROPIC_API_KEY"),
    });
    expect(await rowsOf(key, gateway)).toHaveLength(0);
  });

  it.each<[string, () => string]>([
    ["nothing listens there", () => "http://127.0.0.1:9"],
    ["there is no TLS", () => stack.claudeUrl.replace("http:", "https:")],
    ["its name does not resolve", () => "https://no-such-host.invalid"],
  ])(
    "answers 529 without the address when %s",
    async (_name, url) => {
      const key = await createKey({}, gateway);
      await stack.client.updateVariables({ ANTHROPIC_BASE_URL: url() });
      const ask = () => post(question({ stream: true }), { key: key.secret, gateway });
      const responses: Response[] = [];
      while (responses.length < UNREACHABLE_TIMES) responses.push(...(await Promise.all([ask(), ask()])));
      await stack.client.updateVariables({ ANTHROPIC_BASE_URL: stack.claudeUrl });
      for (const response of responses) {
        expect(response.status).toBe(529);
        expect(response.headers.get("retry-after")).toBe("1");
        expect(await response.text()).not.toMatch(/127\.0\.0\.1|no-such-host|ENOTFOUND|SSL|node:/);
      }
      // One row for each attempt; the gateway may try once more before it gives up.
      const rows = await rowsOf(key, gateway);
      expect(rows.length).toBeGreaterThanOrEqual(responses.length);
      for (const row of rows) expect(row).toMatchObject({ status: "failed", reservedNanoUsd: 0 });
    },
    300_000,
  );

  it("hides an operator's key that Claude refuses", async () => {
    const key = await createKey({}, gateway);
    await stack.client.updateVariables({ ANTHROPIC_API_KEY: "sk-ant-canary" });
    const response = await post(question(), { key: key.secret, gateway });
    await stack.client.updateVariables({ ANTHROPIC_API_KEY: "simulated" });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("canary");
  });
});

async function untilPagesHold(
  text: string,
  { member, requestId }: { member: Member; requestId: string },
): Promise<void> {
  while (!textOf((await readPages(member, requestId)).text).includes(text)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The text of the deltas in a stream's pages. */
function textOf(pages: string): string {
  return [...pages.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, text]) => text).join("");
}

async function untilNoneRuns(key: TestKey, deadlineAt: number): Promise<void> {
  for (;;) {
    const running = (await rowsOf(key, gateway)).filter((row: LedgerRow) => row.status === "running");
    if (running.length === 0) return;
    if (Date.now() > deadlineAt) throw new Error(`${running.length} rows still run after 150 s`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function tableOf<Row>(table: string): Promise<Row[]> {
  const paginationOpts = { numItems: 100, cursor: null };
  const args = { table, order: "asc", paginationOpts };
  return ((await stack.client.run("_system/cli/tableData", args)) as { page: Row[] }).page;
}
