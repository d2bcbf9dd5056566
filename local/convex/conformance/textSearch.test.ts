import { describe, expect, test } from "vitest";
import { behaviour, clear, liveClient, type Target, watch, wire } from "./target.ts";

const fill = (target: Target, values: Record<string, unknown>[]) =>
  target.mutation<string[]>("documents:insertMany", { values });
const sorted = (texts: unknown) => (Array.isArray(texts) ? [...texts].sort() : texts);

describe("full-text search", () => {
  behaviour("finds documents by a word, and by a filter field", async (target) => {
    await fill(target, [
      { text: "hello convex", author: "sarah" },
      { text: "hello next", author: "michal" },
      { text: "other words", author: "sarah" },
    ]);
    expect(sorted(await target.query("search:texts", { words: "hello" }))).toEqual([
      "hello convex",
      "hello next",
    ]);
    expect(await target.query("search:texts", { words: "hello", author: "sarah" })).toEqual(["hello convex"]);
    expect(await target.query("search:texts", { words: "absent" })).toEqual([]);
  });

  behaviour("takes the last word as the start of one", async (target) => {
    await fill(target, [{ text: "hello convex" }, { text: "hello next" }]);
    expect(await target.query("search:texts", { words: "con" })).toEqual(["hello convex"]);
  });

  behaviour("ignores case, in texts and in queries", async (target) => {
    await fill(target, [{ text: "Hello World" }, { text: "GOODBYE" }]);
    expect(await target.query("search:texts", { words: "hElLo" })).toEqual(["Hello World"]);
    expect(await target.query("search:texts", { words: "goodbye" })).toEqual(["GOODBYE"]);
  });

  behaviour("tells a missing filter field from null", async (target) => {
    await fill(target, [
      { text: "word one" },
      { text: "word two", nested: { value: null } },
      { text: "word three", nested: { value: "x" } },
    ]);
    expect(await target.query("search:byNested", { words: "word" })).toEqual(["word one"]);
    expect(await target.query("search:byNested", { words: "word", value: null })).toEqual(["word two"]);
    expect(await target.query("search:byNested", { words: "word", value: "x" })).toEqual(["word three"]);
  });

  behaviour("applies .filter() and .take() to what was found", async (target) => {
    await fill(target, [
      { text: "word a", size: 1 },
      { text: "word b", size: 2 },
      { text: "word c", size: 3 },
    ]);
    expect(sorted(await target.query("search:filtered", { words: "word", size: 1 }))).toEqual([
      "word b",
      "word c",
    ]);
    expect(await target.query("search:texts", { words: "word", take: 2 })).toHaveLength(2);
  });

  behaviour(
    "documents that match more and rarer words come first",
    async (target) => {
      await fill(target, [
        { text: "a common text that says little" },
        { text: "common rare" },
        { text: "a common text, again" },
      ]);
      expect(await target.query("search:texts", { words: "common rare" })).toMatchObject({
        0: "common rare",
        length: 3,
      });
    },
    { wireOnly: "convex-test does not rank" },
  );

  behaviour("follows patches, replacements and deletions", async (target) => {
    const [first, second] = await fill(target, [{ text: "alpha" }, { text: "beta" }]);
    await target.mutation("documents:patch", { id: first, value: { text: "gamma" } });
    expect(await target.query("search:texts", { words: "alpha" })).toEqual([]);
    expect(await target.query("search:texts", { words: "gamma" })).toEqual(["gamma"]);
    await target.mutation("documents:replace", { id: second, value: { text: "gamma two" } });
    expect(sorted(await target.query("search:texts", { words: "gamma" }))).toEqual(["gamma", "gamma two"]);
    await target.mutation("documents:remove", { id: first });
    expect(await target.query("search:texts", { words: "gamma" })).toEqual(["gamma two"]);
  });

  behaviour(
    "refuses a field that the index does not have",
    async (target) => {
      await expect(target.query("search:wrongField")).rejects.toThrow("search_text");
      await expect(target.query("search:wrongFilter")).rejects.toThrow("size");
    },
    { wireOnly: "convex-test does not check it" },
  );

  test("pages hold every result once", async () => {
    await clear();
    const texts = Array.from({ length: 7 }, (_, index) => `word ${index}`);
    await fill(
      wire(),
      texts.map((text) => ({ text })),
    );
    const found: string[] = [];
    let cursor: string | null = null;
    for (let isDone = false; !isDone; ) {
      const paginationOpts: unknown = { cursor, numItems: 3 };
      const page: { page: { text: string }[]; isDone: boolean; continueCursor: string } = await wire().query(
        "search:page",
        { words: "word", paginationOpts },
      );
      found.push(...page.page.map(({ text }) => text));
      ({ isDone, continueCursor: cursor } = page);
    }
    expect(found.sort()).toEqual(texts);
  });

  test("a subscribed search shows new, changed and deleted matches, and sleeps through other writes", async () => {
    await clear();
    await using client = liveClient();
    const { until, results } = watch<string[]>(client, "search:texts", { words: "live" });
    await until((texts) => texts.length === 0);
    const [id] = await fill(wire(), [{ text: "live wire" }]);
    await until((texts) => texts[0] === "live wire");
    await fill(wire(), [{ text: "something else" }]);
    await wire().mutation("documents:patch", { id, value: { text: "live wire, changed" } });
    await until((texts) => texts[0] === "live wire, changed");
    await wire().mutation("documents:remove", { id });
    await until((texts) => results.length > 2 && texts.length === 0 && results.at(-1) === texts);
    expect(results).toHaveLength(4);
  });
});
