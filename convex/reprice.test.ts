import { expect, test } from "vitest";
import { internal } from "./_generated/api";
import { NO_TOKENS } from "./model/anthropicUsage";
import { type Backend, newBackend, newMember } from "./test.setup";

const MODEL = "claude-sonnet-5-5";
const REQUESTS = 450;

/** Requests of 100 output tokens each, through admit and settle. */
async function runRequests(backend: Backend, count: number) {
  const { memberId } = await newMember(backend, "member");
  for (let n = 0; n < count; n++) {
    const decision = await backend.mutation(internal.requests.admit, {
      requestId: `req_${n}`,
      caller: { memberId },
      source: "action",
      endpoint: "anthropic:callClaude",
      isStreaming: false,
      isDurable: false,
      attempt: 1,
      demand: {
        model: MODEL,
        maxTokens: 200,
        fallbackModels: [],
        inputTokens: 1,
        cacheTtl: "none",
        webSearchUses: 0,
      },
    });
    if (!decision.ok) throw new Error(decision.refusal.reason);
    const tokens = { ...NO_TOKENS, outputTokens: 100 };
    const outcome = { status: "succeeded" as const, usageSource: "reported" as const, tokens };
    await backend.mutation(internal.requests.settle, { rowId: decision.rowId, outcome });
  }
}

async function sums(backend: Backend) {
  return await backend.run(async (ctx) => {
    const rows = await ctx.db.query("requests").collect();
    const hours = await ctx.db.query("usageHours").collect();
    const total = (docs: { costNanoUsd?: number }[]) =>
      docs.reduce((sum, { costNanoUsd = 0 }) => sum + costNanoUsd, 0);
    return { rows: total(rows), hours: total(hours) };
  });
}

test("a period is priced again in batches; only `apply` changes rows and roll-ups, and both alike", async () => {
  const backend = newBackend();
  await runRequests(backend, REQUESTS);
  const before = await sums(backend);
  const period = {
    from: new Date(Date.now() - 3_600_000).toISOString(),
    to: new Date(Date.now() + 3_600_000).toISOString(),
  };
  const unchanged = await backend.action(internal.admin.reprice, period);
  expect(unchanged).toMatchObject({ requests: REQUESTS, changed: 0, differenceUsd: "0" });

  // A dollar per million output tokens: 100,000 nano-dollars a request.
  const price = { model: MODEL, inputUsdPerMillion: 0, outputUsdPerMillion: 1, effectiveFrom: period.from };
  await backend.mutation(internal.admin.setPrice, price);
  const report = await backend.action(internal.admin.reprice, period);
  expect(report).toMatchObject({ requests: REQUESTS, changed: REQUESTS, unpriced: 0, isApplied: false });
  expect(report.afterUsd).toBe("0.045");
  expect(await sums(backend)).toEqual(before);

  await backend.action(internal.admin.reprice, { ...period, apply: true });
  expect(await sums(backend)).toEqual({ rows: REQUESTS * 100_000, hours: REQUESTS * 100_000 });
  expect(await backend.action(internal.admin.reprice, period)).toMatchObject({ changed: 0 });
  const log = await backend.run((ctx) => ctx.db.query("auditLog").order("desc").first());
  expect(log).toMatchObject({ action: "gateway.reprice", actor: "command line" });
});

test("a period that is no date is refused with a sentence that says so", async () => {
  const backend = newBackend();
  await expect(
    backend.action(internal.admin.reprice, { from: "soon", to: "2026-12-01" }),
  ).rejects.toMatchObject({
    data: { code: "invalidDate" },
  });
});
