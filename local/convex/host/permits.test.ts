import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DEPLOYMENT_CLASSES } from "./deploymentClass.ts";
import { createPermits, Permits } from "./permits.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("one more than the limit starts when another ends, or fails after Convex's waiting time", async () => {
  const permits = new Permits(1, "action");
  await permits.acquire();
  const second = permits.acquire();
  permits.release();
  await second;
  const third = expect(permits.acquire()).rejects.toMatchObject({
    status: 429,
    code: "TooManyConcurrentRequests",
    message: expect.stringContaining("limited to 1 concurrent actions."),
  });
  vi.advanceTimersByTime(10_000);
  await third;
  permits.release();
  await permits.acquire();
});

test("a failed run gives its place back", async () => {
  const permits = new Permits(1, "query");
  await expect(permits.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await permits.run(() => Promise.resolve());
});

test.each([
  ["s16", "queries", 16, 5_000],
  ["s16", "mutations", 16, 5_000],
  ["s16", "actions", 64, 10_000],
  ["s256", "queries", 256, 5_000],
  ["s256", "actions", 512, 10_000],
] as const)(
  "%s runs so many %s at once: %i, the next fails after %i ms",
  async (name, kind, limit, waitMs) => {
    const permits = createPermits(DEPLOYMENT_CLASSES[name])[kind];
    for (let count = 0; count < limit; count++) await permits.acquire();
    let failure: unknown = null;
    const next = permits.acquire().catch((error: unknown) => {
      failure = error;
    });
    await vi.advanceTimersByTimeAsync(waitMs - 1);
    expect(failure).toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    await next;
    expect(failure).toMatchObject({ message: expect.stringContaining(`limited to ${limit} concurrent`) });
  },
);
