import { expect, it } from "vitest";
import { NO_LIMITS } from "../limits/limitValues";
import { keyDraft, SANE_VALUES } from "./keyDraft";

it("turns the pre-filled values into integer limits", () => {
  expect(keyDraft({ ...SANE_VALUES, name: " laptop " }, 0)).toEqual({
    ok: true,
    draft: {
      name: "laptop",
      limits: {
        dailyBudgetNanoUsd: 5_000_000_000,
        monthlyBudgetNanoUsd: 20_000_000_000,
        concurrentRequests: 5,
        requestsPerMinute: 60,
        inputTokensPerMinute: 400_000,
        outputTokensPerMinute: 80_000,
      },
    },
  });
});

it("takes an empty limit as no limit and a chosen model as the only one allowed", () => {
  const values = {
    name: "ci",
    limits: NO_LIMITS,
    allowedModels: ["claude-haiku-4-5"],
    expiresInDays: "30",
  };
  expect(keyDraft(values, 1_000)).toEqual({
    ok: true,
    draft: {
      name: "ci",
      limits: { allowedModels: ["claude-haiku-4-5"] },
      expiresAt: 1_000 + 30 * 86_400_000,
    },
  });
});

it("names every field that is wrong", () => {
  const limits = { ...NO_LIMITS, monthlyBudgetNanoUsd: "-1", requestsPerMinute: "0" };
  const read = keyDraft({ ...SANE_VALUES, name: " ", limits }, 0);
  expect(read.ok ? null : [read.problems.name === undefined, Object.keys(read.problems.limits)]).toEqual([
    false,
    ["monthlyBudgetNanoUsd", "requestsPerMinute"],
  ]);
});
