import { expect, test } from "vitest";
import { framesOf, understandsChunks } from "./transitionChunks.ts";

test("a long Transition comes in ordered parts that make it up, also where a character is cut in two", () => {
  const transition = JSON.stringify({ type: "Transition", value: "🎉".repeat(50) });
  const parts = framesOf(transition, 33).map((frame) => JSON.parse(frame));
  expect(parts.map(({ partNumber }) => partNumber)).toEqual(parts.map((_, index) => index));
  expect(new Set(parts.map(({ transitionId, totalParts }) => `${transitionId} ${totalParts}`)).size).toBe(1);
  expect(parts.map(({ chunk }) => chunk).join("")).toBe(transition);
});

test("short ones and other messages stay whole", () => {
  const response = JSON.stringify({ type: "MutationResponse", result: "x".repeat(100) });
  expect(framesOf(response, 33)).toEqual([response]);
  expect(framesOf('{"type":"Transition"}', 33)).toEqual(['{"type":"Transition"}']);
});

test("clients before 1.28, and those that name no version, get no parts", () => {
  const urls = ["/api/1.48.0/sync", "/api/1.28.0/sync", "/api/2.0.0/sync", "/api/1.27.9/sync", "/api/sync"];
  expect(urls.map(understandsChunks)).toEqual([true, true, true, false, false]);
});
