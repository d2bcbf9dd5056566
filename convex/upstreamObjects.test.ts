import { afterEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import { newBackend, newMember } from "./test.setup";

const DAY_MS = 24 * 60 * 60_000;

afterEach(() => vi.useRealTimers());

test("batches and containers are forgotten after 30 days, in as many transactions as it takes, files never", async () => {
  vi.useFakeTimers();
  const backend = newBackend();
  const { memberId } = await newMember(backend, "member");
  const insert = (kind: "batch" | "container" | "file", count: number) =>
    backend.run(async (ctx) => {
      for (let n = 0; n < count; n++) {
        await ctx.db.insert("upstreamObjects", { memberId, kind, objectId: `${kind} ${Date.now()} ${n}` });
      }
    });
  const kinds = async () =>
    (await backend.run((ctx) => ctx.db.query("upstreamObjects").collect())).map(({ kind }) => kind);
  await insert("batch", 150);
  await insert("container", 80);
  await insert("file", 1);
  vi.advanceTimersByTime(29 * DAY_MS);
  await backend.mutation(internal.upstreamObjects.deleteExpired, {});
  await backend.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await kinds()).toHaveLength(231);
  await insert("batch", 1);
  vi.advanceTimersByTime(2 * DAY_MS);
  await backend.mutation(internal.upstreamObjects.deleteExpired, {});
  await backend.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await kinds()).toEqual(["file", "batch"]);
});
