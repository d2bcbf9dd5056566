import { describe, expect, test } from "vitest";
import { liveClient, watch } from "./target.ts";

describe("crons", () => {
  test("an interval runs right after it was deployed: a mutation, and an action", async () => {
    await using client = liveClient();
    const { until } = watch<string[]>(client, "cronRuns:names", {});
    const names = await until((seen) => seen.includes("interval") && seen.includes("action"));
    expect(names.filter((name) => name === "interval")).toHaveLength(1);
  });
});
