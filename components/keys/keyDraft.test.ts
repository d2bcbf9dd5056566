import { expect, it } from "vitest";
import { keyDraft, SANE_VALUES } from "./keyDraft";

it("turns the pre-filled values into integer limits", () => {
  expect(keyDraft({ ...SANE_VALUES, name: " laptop " }, 0)).toEqual({
    ok: true,
    draft: {
      name: "laptop",
      limits: { monthlyBudgetNanoUsd: 20_000_000_000, requestsPerMinute: 60, concurrentRequests: 5 },
    },
  });
});

it("takes an empty limit as no limit and a chosen model as the only one allowed", () => {
  const values = {
    name: "ci",
    monthlyBudgetUsd: "",
    requestsPerMinute: " ",
    concurrentRequests: "",
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
  const read = keyDraft(
    { ...SANE_VALUES, name: " ", monthlyBudgetUsd: "-1", requestsPerMinute: "0", concurrentRequests: "1.5" },
    0,
  );
  expect(read.ok ? [] : Object.keys(read.problems)).toEqual([
    "name",
    "monthlyBudgetUsd",
    "requestsPerMinute",
    "concurrentRequests",
  ]);
});
