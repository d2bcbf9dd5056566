import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Charge, chargeMeters, type Shard, type Shortage } from "./chargeMeters";
import { BUDGET_OF, BUDGET_WINDOWS, isMetered, type Limits, type MeterLimits, shareOf } from "./limits";
import { type Hold, holdInstant, type Meter, newMeter, settledMeter } from "./meter";
import { rebalancedMeters } from "./rebalancedMeters";

const NOW = Date.UTC(2026, 10, 30, 23, 59, 59);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The meters of one scope, charged as admit charges them: one shard first, all of them when it lacks room. */
class Scope {
  meters: Meter[];

  constructor(
    readonly limits: MeterLimits,
    count = 1,
    now = NOW,
  ) {
    this.meters = Array.from({ length: count }, () => newMeter(now));
  }

  charge(charge: Charge, start = 0): Shortage | { shard: number; hold: Hold } {
    const order = [start, ...this.meters.keys()].filter((index, at) => at === 0 || index !== start);
    const shards = order.flatMap((index): Shard[] => {
      const meter = this.meters[index];
      return meter ? [{ meter, share: shareOf(this.limits, index, this.meters.length) }] : [];
    });
    const [first] = shards;
    if (!first) throw new Error(`no shard ${start}`);
    let charged = chargeMeters([first], this.limits, charge);
    if ("reason" in charged) charged = chargeMeters([first, ...shards.slice(1)], this.limits, charge);
    if ("reason" in charged) return charged;
    for (const [at, meter] of charged.entries()) this.meters[order[at] ?? 0] = meter;
    const hold = { at: holdInstant(this.at(start), charge.now), nanoUsd: charge.worstCaseNanoUsd ?? 0 };
    return { shard: start, hold };
  }

  settle({ shard, hold }: { shard: number; hold: Hold }, use: Partial<Parameters<typeof settledMeter>[2]>) {
    const none = { now: hold.at, costNanoUsd: 0, inputTokens: 0, outputTokens: 0 };
    const { meter, alerts } = settledMeter(this.at(shard), hold, { ...none, ...use });
    this.meters[shard] = meter;
    if ((use.costNanoUsd ?? 0) > hold.nanoUsd) {
      this.meters = rebalancedMeters(this.meters, this.limits, use.now ?? hold.at);
    }
    return alerts;
  }

  at(shard: number): Meter {
    const meter = this.meters[shard];
    if (!meter) throw new Error(`no shard ${shard}`);
    return meter;
  }

  sum(amount: (meter: Meter) => number): number {
    return this.meters.reduce((total, meter) => total + amount(meter), 0);
  }
}

function admitted(result: ReturnType<Scope["charge"]>): { shard: number; hold: Hold } {
  if ("reason" in result) throw new Error(result.reason);
  return result;
}

const vEvent = fc.record({
  worstCaseNanoUsd: fc.nat({ max: 50 }),
  used: fc.nat({ max: 50 }),
  shard: fc.nat({ max: 7 }),
  settles: fc.boolean(),
  passesMs: fc.oneof(fc.nat({ max: 5_000 }), fc.integer({ min: -HOUR_MS, max: 3 * HOUR_MS })),
});

describe("budgets", () => {
  it("never hold more than their limit in any window, sharded or not, whatever the clock does", () => {
    const budget = fc.option(fc.nat({ max: 400 }), { nil: undefined });
    const limits = fc.record({
      dailyBudgetNanoUsd: budget,
      monthlyBudgetNanoUsd: budget,
      totalBudgetNanoUsd: budget,
      concurrentRequests: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
    });
    const count = fc.constantFrom(1, 2, 8);
    fc.assert(
      fc.property(limits, count, fc.array(vEvent, { maxLength: 80 }), (chosen, shards, events) => {
        const scope = new Scope(chosen, shards);
        const running: { shard: number; hold: Hold }[] = [];
        let now = NOW;
        const settleOne = (used: number) => {
          const request = running.shift();
          if (request) scope.settle(request, { now, costNanoUsd: Math.min(used, request.hold.nanoUsd) });
        };
        for (const { worstCaseNanoUsd, used, shard, settles, passesMs } of events) {
          now += passesMs;
          const result = scope.charge({ now, worstCaseNanoUsd }, shard % shards);
          if (!("reason" in result)) running.push(result);
          if (settles) settleOne(used);
          for (const window of BUDGET_WINDOWS) {
            const held = scope.sum((meter) => meter[window].settledNanoUsd + meter[window].reservedNanoUsd);
            expect(held).toBeLessThanOrEqual(chosen[BUDGET_OF[window]] ?? Number.POSITIVE_INFINITY);
          }
          expect(scope.sum((meter) => meter.running)).toBe(running.length);
        }
        while (running.length > 0) settleOne(10);
        expect(scope.sum((meter) => meter.running)).toBe(0);
        expect(scope.sum((meter) => meter.total.reservedNanoUsd)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("refuse only when all shards together lack room", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat({ max: 7 })), { maxLength: 40 }),
        (budget, requests) => {
          const sharded = new Scope({ monthlyBudgetNanoUsd: budget, concurrentRequests: 15 }, 8);
          const single = new Scope({ monthlyBudgetNanoUsd: budget, concurrentRequests: 15 }, 1);
          for (const [worstCaseNanoUsd, shard] of requests) {
            const charge = { now: NOW, worstCaseNanoUsd };
            expect("reason" in sharded.charge(charge, shard)).toBe("reason" in single.charge(charge));
          }
        },
      ),
    );
  });

  it("say whether money is spent or only promised, and when the window is over", () => {
    const scope = new Scope({ monthlyBudgetNanoUsd: 100, totalBudgetNanoUsd: 130 });
    const first = admitted(scope.charge({ now: NOW, worstCaseNanoUsd: 60 }));
    expect(scope.charge({ now: NOW, worstCaseNanoUsd: 60 })).toMatchObject({ reason: "budgetReserved" });
    scope.settle(first, { costNanoUsd: 60 });
    expect(scope.charge({ now: NOW, worstCaseNanoUsd: 60 })).toMatchObject({
      reason: "budgetSpent",
      window: "month",
      settledNanoUsd: 60,
      resetsAt: Date.UTC(2026, 11, 1),
    });
    const nextMonth = scope.charge({ now: NOW + 2_000, worstCaseNanoUsd: 80 });
    expect(nextMonth).toMatchObject({ reason: "budgetSpent", window: "total" });
    expect(nextMonth).not.toHaveProperty("resetsAt");
  });

  it("are blocked in every shard by usage beyond a reservation", () => {
    const scope = new Scope({ monthlyBudgetNanoUsd: 800 }, 8);
    const request = admitted(scope.charge({ now: NOW, worstCaseNanoUsd: 10 }, 3));
    scope.settle(request, { costNanoUsd: 900 });
    for (let shard = 0; shard < 8; shard++) {
      const refusal = scope.charge({ now: NOW, worstCaseNanoUsd: 1 }, shard);
      expect(refusal).toMatchObject({ reason: "budgetSpent", settledNanoUsd: 900 });
    }
  });

  it("that shrink leave no room in any shard that all of them together do not have", () => {
    const scope = new Scope({ dailyBudgetNanoUsd: 800 }, 8);
    for (let n = 0; n < 5; n++) {
      scope.settle(admitted(scope.charge({ now: NOW, worstCaseNanoUsd: 100 }, 2)), { costNanoUsd: 100 });
    }
    const smaller = new Scope({ dailyBudgetNanoUsd: 501 }, 8);
    smaller.meters = rebalancedMeters(scope.meters, smaller.limits, NOW);
    expect(smaller.charge({ now: NOW, worstCaseNanoUsd: 2 }, 0)).toMatchObject({ settledNanoUsd: 500 });
    expect(smaller.charge({ now: NOW, worstCaseNanoUsd: 1 }, 7)).toMatchObject({ shard: 7 });
  });
});

describe("windows", () => {
  it("start from zero at midnight UTC and at the month's end, and a request settles in those of its admit", () => {
    const scope = new Scope({ dailyBudgetNanoUsd: 100, monthlyBudgetNanoUsd: 100 });
    const november = admitted(scope.charge({ now: NOW, worstCaseNanoUsd: 90 }));
    expect(scope.charge({ now: NOW, worstCaseNanoUsd: 80 })).toHaveProperty("reason");
    admitted(scope.charge({ now: NOW + 2_000, worstCaseNanoUsd: 80 }));
    scope.settle(november, { now: NOW + 3_000, costNanoUsd: 90 });
    const { day, month, total } = scope.at(0);
    for (const window of [day, month]) {
      expect(window).toMatchObject({ settledNanoUsd: 0, reservedNanoUsd: 80 });
    }
    expect(total).toMatchObject({ settledNanoUsd: 90, reservedNanoUsd: 80 });
  });

  it("of a month go on over midnight", () => {
    const eighteenth = NOW - 12 * 24 * HOUR_MS;
    const scope = new Scope({ monthlyBudgetNanoUsd: 100 }, 1, eighteenth);
    const before = admitted(scope.charge({ now: eighteenth, worstCaseNanoUsd: 90 }));
    expect(scope.charge({ now: eighteenth + 2_000, worstCaseNanoUsd: 80 })).toHaveProperty("reason");
    scope.settle(before, { now: eighteenth + 3_000, costNanoUsd: 50 });
    expect(scope.at(0).month).toMatchObject({ settledNanoUsd: 50, reservedNanoUsd: 0 });
    expect(scope.charge({ now: NOW, worstCaseNanoUsd: 51 })).toMatchObject({ reason: "budgetSpent" });
    admitted(scope.charge({ now: NOW, worstCaseNanoUsd: 50 }));
  });

  it("are not reset a second time when the clock goes back an hour over midnight and forward again", () => {
    const scope = new Scope({ dailyBudgetNanoUsd: 100 });
    const times = [NOW, NOW + 2_000, NOW + 2_000 - HOUR_MS, NOW + 3_000];
    const worstCases = [100, 60, 60, 60];
    const results = times.map((now, n) => scope.charge({ now, worstCaseNanoUsd: worstCases[n] ?? 0 }));
    expect(results.map((result) => "reason" in result)).toEqual([false, false, true, true]);
    const second = results[1];
    if (!second || "reason" in second) throw new Error("the second was refused");
    scope.settle(second, { now: NOW - HOUR_MS, costNanoUsd: 10 });
    expect(scope.at(0).day).toMatchObject({ settledNanoUsd: 10, reservedNanoUsd: 0 });
  });

  it("tell of 50, 80 and 100 % of a budget once each", () => {
    const scope = new Scope({ dailyBudgetNanoUsd: 100 });
    const crossed = [49, 1, 29, 1, 20].map((costNanoUsd) => {
      const request = admitted(scope.charge({ now: NOW, worstCaseNanoUsd: costNanoUsd }));
      return scope.settle(request, { costNanoUsd });
    });
    expect(crossed).toEqual([[], ["day"], [], ["day"], ["day"]]);
  });
});

describe("rates", () => {
  it("of requests refill with time, and a client that waits exactly as told gets in", () => {
    for (const [perMinute, shards] of [
      [2, 1],
      [7, 8],
      [60, 8],
    ] as const) {
      const scope = new Scope({ requestsPerMinute: perMinute }, shards);
      const take = (now: number) => scope.charge({ now, worstCaseNanoUsd: null }, perMinute % shards);
      for (let n = 0; n < perMinute; n++) admitted(take(NOW));
      const refused = take(NOW);
      if (!("reason" in refused) || refused.reason !== "rateLimited") throw new Error("was not refused");
      expect(refused).toMatchObject({ rate: "requests", perMinute });
      expect(take(NOW + refused.retryAfterMs - 1)).toHaveProperty("reason");
      admitted(take(NOW + refused.retryAfterMs));
    }
  });

  it("of tokens charge what was used, into debt, and admit again when the debt is paid", () => {
    const scope = new Scope({ outputTokensPerMinute: 1_000, inputTokensPerMinute: 1_000 });
    const request = admitted(scope.charge({ now: NOW, worstCaseNanoUsd: 0 }));
    scope.settle(request, { outputTokens: 3_000, inputTokens: 10 });
    const refused = scope.charge({ now: NOW, worstCaseNanoUsd: 0 });
    expect(refused).toEqual({
      reason: "rateLimited",
      rate: "outputTokens",
      perMinute: 1_000,
      retryAfterMs: 2 * MINUTE_MS + 60,
    });
    expect(scope.charge({ now: NOW + 2 * MINUTE_MS + 59, worstCaseNanoUsd: 0 })).toHaveProperty("reason");
    admitted(scope.charge({ now: NOW + 2 * MINUTE_MS + 60, worstCaseNanoUsd: 0 }));
  });

  it("of tokens let free calls pass", () => {
    const scope = new Scope({ outputTokensPerMinute: 1 });
    scope.settle(admitted(scope.charge({ now: NOW, worstCaseNanoUsd: 0 })), { outputTokens: 100 });
    admitted(scope.charge({ now: NOW, worstCaseNanoUsd: null }));
  });

  it("refill nothing when the clock goes back", () => {
    const scope = new Scope({ requestsPerMinute: 1 });
    admitted(scope.charge({ now: NOW, worstCaseNanoUsd: null }));
    expect(scope.charge({ now: NOW - HOUR_MS, worstCaseNanoUsd: null })).toHaveProperty("reason");
    admitted(scope.charge({ now: NOW + MINUTE_MS, worstCaseNanoUsd: null }));
  });
});

describe("limits", () => {
  it("are shared by whole numbers that add up", () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e12 }), fc.integer({ min: 1, max: 64 }), (limit, count) => {
        const shares = Array.from({ length: count }, (_, index) =>
          shareOf({ totalBudgetNanoUsd: limit }, index, count),
        );
        expect(shares.reduce((sum, share) => sum + (share.totalBudgetNanoUsd ?? 0), 0)).toBe(limit);
      }),
    );
  });

  it("that only choose models need no meter; a budget of zero does", () => {
    const chosen: Limits = { allowedModels: ["x"] };
    expect(isMetered(chosen)).toBe(false);
    expect(isMetered({ monthlyBudgetNanoUsd: 0 })).toBe(true);
  });
});
