import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chargeMeter, isMetered, type KeyMeter, newMeter, settleMeter } from "./keyMeter";
import type { Limits } from "./validators";
import { monthStart } from "./windows";

const NOW = Date.UTC(2026, 10, 30, 23, 59, 59);

function charged(
  meter: KeyMeter,
  limits: Limits,
  at: { now: number; worstCaseNanoUsd: number | null },
): KeyMeter {
  const result = chargeMeter(meter, limits, at);
  if ("reason" in result) throw new Error(result.reason);
  return result;
}

describe("a key's meter", () => {
  it("never lets settled and reserved money exceed the budget, and ends with nothing reserved", () => {
    const amounts = fc.nat({ max: 50 });
    const events = fc.array(fc.tuple(amounts, amounts, fc.boolean()), { maxLength: 60 });
    fc.assert(
      fc.property(events, fc.nat({ max: 400 }), (requests, budget) => {
        const limits = { monthlyBudgetNanoUsd: budget };
        let meter = newMeter(limits, NOW);
        const running: { reservedNanoUsd: number; costNanoUsd: number }[] = [];
        const settleOne = () => {
          const request = running.shift();
          if (request) meter = settleMeter(meter, { ...request, monthStartsAt: meter.month.startsAt });
        };
        for (const [worstCaseNanoUsd, used, settlesOne] of requests) {
          const next = chargeMeter(meter, limits, { now: NOW, worstCaseNanoUsd });
          if (!("reason" in next)) {
            meter = next;
            running.push({
              reservedNanoUsd: worstCaseNanoUsd,
              costNanoUsd: Math.min(used, worstCaseNanoUsd),
            });
          }
          if (settlesOne) settleOne();
          const { settledNanoUsd, reservedNanoUsd } = meter.month;
          expect(settledNanoUsd + reservedNanoUsd).toBeLessThanOrEqual(budget);
          expect(meter.running).toBe(running.length);
        }
        while (running.length > 0) settleOne();
        expect(meter).toMatchObject({ running: 0, month: { reservedNanoUsd: 0 } });
      }),
    );
  });

  it("says whether money is spent or only promised", () => {
    const limits = { monthlyBudgetNanoUsd: 100 };
    const meter = charged(newMeter(limits, NOW), limits, { now: NOW, worstCaseNanoUsd: 60 });
    expect(chargeMeter(meter, limits, { now: NOW, worstCaseNanoUsd: 60 })).toMatchObject({
      reason: "budgetReserved",
    });
    expect(chargeMeter(meter, limits, { now: NOW, worstCaseNanoUsd: 101 })).toMatchObject({
      reason: "budgetSpent",
      resetsAt: Date.UTC(2026, 11, 1),
    });
  });

  it("starts a month from zero and lets last month's requests settle without touching it", () => {
    const limits = { monthlyBudgetNanoUsd: 100, concurrentRequests: 2 };
    const november = charged(newMeter(limits, NOW), limits, { now: NOW, worstCaseNanoUsd: 90 });
    const december = charged(november, limits, { now: NOW + 2_000, worstCaseNanoUsd: 80 });
    expect(december).toMatchObject({
      running: 2,
      month: { startsAt: Date.UTC(2026, 11, 1), reservedNanoUsd: 80 },
    });
    const settled = settleMeter(december, {
      monthStartsAt: monthStart(NOW),
      reservedNanoUsd: 90,
      costNanoUsd: 90,
    });
    expect(settled).toEqual({ ...december, running: 1 });
  });

  it("refills requests per minute with time and starts full", () => {
    const limits = { requestsPerMinute: 2 };
    let meter = newMeter(limits, NOW);
    for (let n = 0; n < 2; n++) meter = charged(meter, limits, { now: NOW, worstCaseNanoUsd: null });
    const refused = chargeMeter(meter, limits, { now: NOW, worstCaseNanoUsd: null });
    expect(refused).toEqual({ reason: "rateLimited", requestsPerMinute: 2, retryAfterMs: 30_000 });
    expect(charged(meter, limits, { now: NOW + 30_000, worstCaseNanoUsd: null }).running).toBe(0);
  });

  it("is not needed by a key without limits or with a model list only", () => {
    expect(isMetered({ allowedModels: ["x"] })).toBe(false);
    expect(isMetered({ monthlyBudgetNanoUsd: 0 })).toBe(true);
  });
});
