import fc from "fast-check";
import { expect, it } from "vitest";
import { EventNumbers } from "./EventNumbers";

const events = Array.from({ length: 9 }, (_, n) => `id: ${n + 1}\nevent: e\ndata: ${"x".repeat(n)}\n\n`);

it("returns every event after the number once and whole, however the pages are cut", () => {
  const text = events.join("");
  const cuts = fc.uniqueArray(fc.nat({ max: text.length }), { maxLength: 8 });
  fc.assert(
    fc.property(cuts, fc.nat({ max: 10 }), (at, after) => {
      const bounds = [0, ...at.sort((a, b) => a - b), text.length];
      const numbers = new EventNumbers(after);
      const newer = bounds.slice(1).map((end, n) => numbers.newer(text.slice(bounds[n], end)));
      expect(newer.join("")).toBe(events.slice(after).join(""));
    }),
  );
});

it("returns an error without a number to everybody", () => {
  expect(new EventNumbers(99).newer("event: error\ndata: {}\n\n")).toContain("error");
});
