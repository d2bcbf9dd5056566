import { type Infer, v } from "convex/values";
import type { Tokens } from "./validators";

export const vUsageSum = v.object({
  requests: v.number(),
  errors: v.number(),
  costNanoUsd: v.number(),
  inputTokens: v.number(), // all input, cache reads and writes included
  outputTokens: v.number(),
});
export type UsageSum = Infer<typeof vUsageSum>;

export const vUsageDay = v.object({
  dayAt: v.number(),
  requests: v.number(),
  errors: v.number(),
  costNanoUsd: v.number(),
});
export type UsageDay = Infer<typeof vUsageDay>;

interface Counted {
  requests: number;
  errors: number;
  costNanoUsd: number;
  tokens: Tokens;
}

/** The total of roll-up rows. */
export function sumUsage(rows: readonly Counted[]): UsageSum {
  const sum: UsageSum = { requests: 0, errors: 0, costNanoUsd: 0, inputTokens: 0, outputTokens: 0 };
  for (const { requests, errors, costNanoUsd, tokens } of rows) {
    sum.requests += requests;
    sum.errors += errors;
    sum.costNanoUsd += costNanoUsd;
    sum.inputTokens +=
      tokens.inputTokens +
      tokens.cacheReadInputTokens +
      tokens.cacheCreation5mInputTokens +
      tokens.cacheCreation1hInputTokens;
    sum.outputTokens += tokens.outputTokens;
  }
  return sum;
}

/** Rows by a key of theirs, in order of first appearance. */
export function groupBy<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) {
      group.push(row);
    } else {
      groups.set(key, [row]);
    }
  }
  return groups;
}
