import { expect, it } from "vitest";
import { LIMIT_FIELDS, limitValues, NO_LIMITS, readLimits } from "./limitValues";

it("every limit comes out of the form as it went in", () => {
  const limits = {
    dailyBudgetNanoUsd: 500_000_000,
    monthlyBudgetNanoUsd: 20_000_000_001,
    totalBudgetNanoUsd: 0,
    concurrentRequests: 5,
    requestsPerMinute: 60,
    inputTokensPerMinute: 400_000,
    outputTokensPerMinute: 40_000,
  };
  expect(readLimits(limitValues(limits))).toEqual({ limits, problems: {} });
  expect(Object.keys(limits)).toHaveLength(LIMIT_FIELDS.length);
});

it("an empty field is no limit", () => {
  expect(readLimits({ ...NO_LIMITS, requestsPerMinute: "  " })).toEqual({ limits: {}, problems: {} });
});

it("every field that is wrong has a sentence", () => {
  const values = {
    ...NO_LIMITS,
    dailyBudgetNanoUsd: "-1",
    requestsPerMinute: "0",
    concurrentRequests: "1.5",
  };
  expect(Object.keys(readLimits(values).problems)).toEqual([
    "dailyBudgetNanoUsd",
    "concurrentRequests",
    "requestsPerMinute",
  ]);
});
