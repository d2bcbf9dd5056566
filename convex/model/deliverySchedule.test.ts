import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ATTEMPTS_MAX, afterAttempt, hasFailedTooLong, parseRetryAfterMs } from "./deliverySchedule";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NOW = Date.UTC(2026, 10, 24);

const failedWith = (attempt: number, status: number | null, retryAfterMs: number | null = null, random = 0) =>
  afterAttempt(attempt, { status, retryAfterMs }, { now: NOW, random });

describe("the schedule of deliveries", () => {
  it("is 0, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, then gives up", () => {
    const waits: number[] = [];
    for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt++) {
      const next = failedWith(attempt, 500);
      waits.push(next.kind === "retry" ? next.dueAt - NOW : -1);
    }
    expect(waits).toEqual([
      ...[
        5 * SECOND,
        5 * MINUTE,
        30 * MINUTE,
        2 * HOUR,
        5 * HOUR,
        10 * HOUR,
        14 * HOUR,
        20 * HOUR,
        24 * HOUR,
      ],
    ]);
    expect(failedWith(ATTEMPTS_MAX, 500)).toEqual({ kind: "failed" });
  });

  it("adds a jitter of at most a tenth and never comes early", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (n, r) => {
          const plain = failedWith(n, null);
          const jittered = failedWith(n, null, null, r);
          if (plain.kind !== "retry" || jittered.kind !== "retry") throw new Error("expected retries");
          const wait = plain.dueAt - NOW;
          expect(jittered.dueAt - NOW).toBeGreaterThanOrEqual(wait);
          expect(jittered.dueAt - NOW).toBeLessThanOrEqual(wait * 1.1);
        },
      ),
    );
  });

  it("takes any 2xx for delivered, 410 for goodbye and everything else, redirects too, for a failure", () => {
    for (const status of [200, 201, 204, 299]) expect(failedWith(1, status)).toEqual({ kind: "delivered" });
    expect(failedWith(1, 410)).toEqual({ kind: "gone" });
    for (const status of [100, 301, 302, 307, 400, 404, 500])
      expect(failedWith(1, status).kind).toBe("retry");
  });

  it("waits as long as a throttling receiver asks, up to a day, and ignores the header elsewhere", () => {
    for (const status of [429, 502, 503, 504]) {
      expect(failedWith(1, status, 90 * SECOND)).toEqual({ kind: "retry", dueAt: NOW + 90 * SECOND });
      expect(failedWith(1, status, 1_000 * HOUR)).toEqual({ kind: "retry", dueAt: NOW + 24 * HOUR });
      expect(failedWith(2, status, 1)).toEqual({ kind: "retry", dueAt: NOW + 5 * MINUTE });
    }
    expect(failedWith(1, 500, 90 * SECOND)).toEqual({ kind: "retry", dueAt: NOW + 5 * SECOND });
  });

  it("reads Retry-After in seconds and as a date", () => {
    expect(parseRetryAfterMs("120", NOW)).toBe(120_000);
    expect(parseRetryAfterMs(new Date(NOW + 30_000).toUTCString(), NOW)).toBe(30_000);
    expect(parseRetryAfterMs(new Date(NOW - 30_000).toUTCString(), NOW)).toBe(0);
    expect(parseRetryAfterMs("soon", NOW)).toBeNull();
    expect(parseRetryAfterMs(null, NOW)).toBeNull();
  });

  it("calls a destination dead after five days of nothing but failures", () => {
    expect(hasFailedTooLong(NOW - 120 * HOUR + 1, NOW)).toBe(false);
    expect(hasFailedTooLong(NOW - 120 * HOUR, NOW)).toBe(true);
  });
});
