import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createKey,
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
    const budget = await tableOf<{ reservedNanoUsd: number; settledNanoUsd: number }>("budgets");
    const spent = rows.reduce((sum, row) => sum + (row.costNanoUsd ?? 0), 0);
    expect(budget).toMatchObject([{ reservedNanoUsd: 0, settledNanoUsd: spent }]);
    expect(await tableOf("rateBuckets")).toMatchObject([{ running: 0 }]);
    const after = await post(question(), { key: key.secret, gateway });
    expect(after.status).toBe(200);
  }, 240_000);
});

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
