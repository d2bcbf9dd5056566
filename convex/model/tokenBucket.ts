import { calculateRateLimit } from "@convex-dev/rate-limiter";
import { type Infer, v } from "convex/values";

const MINUTE_MS = 60_000;
/** Refilling in fractions loses less than this; a client that waited exactly as long as it was told must get in. */
const ROUNDING = 1e-6;

/** A token bucket that refills `perMinute` and holds as many; below zero it is in debt. */
export const vBucket = v.object({ value: v.number(), ts: v.number(), perMinute: v.number() });
export type Bucket = Infer<typeof vBucket>;

/** The bucket as of now, under a limit that may have changed. A clock that went back refills nothing. */
export function refilled(bucket: Bucket | undefined, perMinute: number, now: number): Bucket {
  if (bucket === undefined) return { value: perMinute, ts: now, perMinute };
  const config = { kind: "token bucket" as const, rate: perMinute, period: MINUTE_MS };
  const { value, ts } = calculateRateLimit(bucket, config, Math.max(now, bucket.ts), 0);
  return { value, ts, perMinute };
}

export function hasToken({ value }: Bucket): boolean {
  return value >= 1 - ROUNDING;
}

/** How long until the buckets together hold one token, to the millisecond; they were all refilled just now. */
export function waitMs(buckets: readonly Bucket[]): number {
  const held = (afterMs: number) =>
    buckets.reduce((sum, { value, perMinute }) => {
      const later = Math.min(perMinute, value + (afterMs * perMinute) / MINUTE_MS);
      return sum + Math.max(0, later);
    }, 0);
  let low = 0;
  let high = Math.min(
    ...buckets.map(({ value, perMinute }) =>
      perMinute === 0 ? Number.POSITIVE_INFINITY : Math.ceil(((1 - value) * MINUTE_MS) / perMinute),
    ),
  );
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (held(middle) >= 1 - ROUNDING) high = middle;
    else low = middle + 1;
  }
  return Math.max(1, low);
}
