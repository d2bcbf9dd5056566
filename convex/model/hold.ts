import { type Infer, v } from "convex/values";

/** What a running request holds of one meter: a slot and money. */
export const vHold = v.object({
  meterId: v.id("meters"),
  shard: v.number(),
  /** The instant that chose the meter's windows: that of the admit, or later where the clock went back. */
  at: v.number(),
  nanoUsd: v.number(),
  /** Of a batch: holds money only, and its tokens do not count against tokens per minute. */
  isDetached: v.optional(v.boolean()),
});
export type MeterHold = Infer<typeof vHold>;
