import { expect, it } from "vitest";
import { changedFields } from "./changedFields";

it("shows each changed field once with both values, whatever it is nested in", () => {
  const before = { limits: { requestsPerMinute: 5, concurrentRequests: 2 }, name: "ci" };
  const after = { limits: { requestsPerMinute: 9, allowedModels: ["a"] }, name: "ci", pausedAt: 0 };
  expect(changedFields(before, after)).toEqual([
    { name: "limits.requestsPerMinute", before: "5", after: "9" },
    { name: "limits.concurrentRequests", before: "2", after: "–" },
    { name: "limits.allowedModels", before: "–", after: '["a"]' },
    { name: "pausedAt", before: "–", after: "1970-01-01T00:00:00.000Z" },
  ]);
});
