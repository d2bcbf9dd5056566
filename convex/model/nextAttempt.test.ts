import { describe, expect, it } from "vitest";
import { cooldownMs, type FailedAttempt, nextAttempt } from "./nextAttempt";

const failed: FailedAttempt = {
  status: 529,
  attempt: 1,
  wasRetried: false,
  isClientRetrying: false,
  keyCount: 1,
  fallbackModel: null,
};
const next = (facts: Partial<FailedAttempt>) => nextAttempt({ ...failed, ...facts }, () => 0.5);

describe("a failed attempt", () => {
  it.each([500, 502, 503, 504, 529, null])("with status %s is repeated once, after a moment", (status) => {
    expect(next({ status })).toEqual({ kind: "again", delayMs: 375 });
    expect(next({ status, attempt: 2, wasRetried: true })).toBeNull();
  });

  it.each([400, 401, 403, 404, 413, 429])("with status %i is never repeated with the same key", (status) => {
    expect(next({ status })).toBeNull();
  });

  it("is not repeated while the client's SDK repeats by itself", () => {
    expect(next({ isClientRetrying: true })).toBeNull();
  });

  it("of a key over its limit goes to the other key, also for an SDK that repeats", () => {
    expect(next({ status: 429, keyCount: 2, isClientRetrying: true })).toEqual({ kind: "otherKey" });
    expect(next({ status: 401, keyCount: 2 })).toEqual({ kind: "otherKey" });
    expect(next({ status: 429, keyCount: 2, attempt: 2, wasRetried: true })).toBeNull();
  });

  it("goes to the fallback model on overload and rate limits only", () => {
    const fallbackModel = "claude-haiku-5-5";
    for (const status of [429, 500, 529, null]) {
      expect(next({ status, fallbackModel })).toEqual({ kind: "fallbackModel", model: fallbackModel });
    }
    expect(next({ status: 400, fallbackModel })).toBeNull();
    expect(next({ status: 429, fallbackModel, keyCount: 2 })).toEqual({ kind: "otherKey" });
  });
});

it("a key rests as long as Claude asks, within bounds", () => {
  expect([
    cooldownMs(429, "7"),
    cooldownMs(429, null),
    cooldownMs(429, "Tue"),
    cooldownMs(429, "86400"),
  ]).toEqual([7_000, 10_000, 10_000, 600_000]);
  expect(cooldownMs(401, null)).toBe(300_000);
});
