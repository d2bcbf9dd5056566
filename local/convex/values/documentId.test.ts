import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { encodeDocumentId, newDocumentId, parseDocumentId } from "./documentId.ts";

const tableNumber = fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 0xffff_ffff }));
const random = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe("document ids", () => {
  test("give back the number of their table", () => {
    fc.assert(
      fc.property(tableNumber, random, (number, bytes) => {
        expect(parseDocumentId(encodeDocumentId(number, bytes))).toEqual({ tableNumber: number });
      }),
    );
  });

  test("of one table sort as their bytes", () => {
    fc.assert(
      fc.property(random, random, (left, right) => {
        const expected = Math.sign(Buffer.compare(left.subarray(0, 16), right.subarray(0, 16)));
        const [first, second] = [encodeDocumentId(10_001, left), encodeDocumentId(10_001, right)];
        expect(first < second ? -1 : first > second ? 1 : 0).toBe(expected);
      }),
    );
  });

  test("have 32 characters for user tables and 31 for system tables", () => {
    expect(newDocumentId(10_001)).toMatch(/^[0-9a-hjkmnp-tv-z]{32}$/);
    expect(newDocumentId(20)).toHaveLength(31);
  });

  test("of a later millisecond stand behind those of an earlier one", () => {
    vi.useFakeTimers({ now: 1_800_000_000_000 });
    try {
      const earlier = Array.from({ length: 20 }, () => newDocumentId(10_001));
      vi.setSystemTime(1_800_000_000_001);
      const later = Array.from({ length: 20 }, () => newDocumentId(10_001));
      const [lastOfEarlier = ""] = earlier.toSorted().slice(-1);
      expect(later.every((id) => id > lastOfEarlier)).toBe(true);
      expect(new Set([...earlier, ...later]).size).toBe(40);
    } finally {
      vi.useRealTimers();
    }
  });

  test("are refused when one character differs", () => {
    const id = newDocumentId(10_001);
    for (let index = 0; index < id.length; index += 1) {
      const changed = `${id.slice(0, index)}${id[index] === "q" ? "r" : "q"}${id.slice(index + 1)}`;
      expect(parseDocumentId(changed)).toHaveProperty("message");
    }
  });

  test.each([
    ["", "Unable to decode ID: Invalid ID length 0"],
    ["abc", "Unable to decode ID: Invalid ID length 3"],
    ["u".repeat(32), "Unable to decode ID: ID wasn't valid base32"],
    [newDocumentId(10_001).toUpperCase(), "Unable to decode ID: ID wasn't valid base32"],
  ])("answer %j with Convex's message", (text, message) => {
    expect(parseDocumentId(text)).toEqual({ message });
  });
});
