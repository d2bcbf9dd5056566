import { expect, test } from "vitest";
import { commonTimestamp } from "./commonTimestamp.ts";

test("results that no commit has touched are right at the latest commit", () => {
  const results = [
    { ts: 3n, invalidatedAt: null },
    { ts: 7n, invalidatedAt: null },
  ];
  expect(commonTimestamp(results, { latest: 9n, floor: 2n })).toBe(9n);
});

test("a result overtaken by a commit is sent at a timestamp before that commit", () => {
  const results = [
    { ts: 3n, invalidatedAt: 8n },
    { ts: 7n, invalidatedAt: null },
  ];
  expect(commonTimestamp(results, { latest: 9n, floor: 2n })).toBe(7n);
});

test("results that were never right at the same time have no common timestamp", () => {
  const results = [
    { ts: 3n, invalidatedAt: 6n },
    { ts: 7n, invalidatedAt: null },
  ];
  expect(commonTimestamp(results, { latest: 9n, floor: 2n })).toBeNull();
});

test("the timestamp never goes below what the client must see", () => {
  expect(commonTimestamp([{ ts: 3n, invalidatedAt: 6n }], { latest: 9n, floor: 6n })).toBeNull();
  expect(commonTimestamp([], { latest: 4n, floor: 5n })).toBeNull();
  expect(commonTimestamp([], { latest: 5n, floor: 5n })).toBe(5n);
});
