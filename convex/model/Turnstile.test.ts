import { expect, test } from "vitest";
import { Turnstile } from "./Turnstile";

test("a turnstile lets so many through at once, in order, failures too", async () => {
  const turnstile = new Turnstile(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const calls = [0, 1, 2, 3].map((n) =>
    turnstile.pass(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (n === 0) throw new Error("failed");
      return n;
    }),
  );
  const settled = Promise.allSettled(calls);
  const tick = () => new Promise((resolve) => setTimeout(resolve));
  for (const expected of [
    [0, 1],
    [0, 1, 2],
    [0, 1, 2, 3],
    [0, 1, 2, 3],
  ]) {
    await tick();
    expect(begun).toEqual(expected);
    ends.shift()?.();
  }
  await tick();
  ends.shift()?.();
  expect((await settled).map(({ status }) => status)).toEqual([
    "rejected",
    "fulfilled",
    "fulfilled",
    "fulfilled",
  ]);
});
