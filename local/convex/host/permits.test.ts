import { expect, test, vi } from "vitest";
import { Permits } from "./permits.ts";

test("one more than the limit starts when another ends, or fails after ten seconds", async () => {
  vi.useFakeTimers();
  const permits = new Permits(1);
  await permits.acquire();
  const second = permits.acquire();
  permits.release();
  await second;
  const third = expect(permits.acquire()).rejects.toThrow("limited to 1 concurrent actions");
  vi.advanceTimersByTime(10_000);
  await third;
  permits.release();
  await permits.acquire();
  vi.useRealTimers();
});
