import { describe, expect, test } from "vitest";
import { behaviour, clear, liveClient, type Target, watch, wire } from "./target.ts";

interface Page {
  page: { n: number; _id: string }[];
  isDone: boolean;
  continueCursor: string;
  pageStatus?: string | null;
}
const fill = (target: Target, count: number) =>
  target.mutation<string[]>("documents:insertMany", {
    values: Array.from({ length: count }, (_, n) => ({ n, a: n % 2, text: "x".repeat(100) })),
  });
const numbers = ({ page }: Page) => page.map(({ n }) => n);
const page = (
  target: Target,
  name: string,
  options: Record<string, unknown>,
  rest: Record<string, unknown> = {},
) => target.query<Page>(name, { paginationOpts: { cursor: null, numItems: 10, ...options }, ...rest });

async function readAll(target: Target, name: string, numItems: number, rest: Record<string, unknown> = {}) {
  const pages: number[][] = [];
  let cursor: string | null = null;
  for (let isDone = false; !isDone; ) {
    const next: Page = await page(target, name, { cursor, numItems }, rest);
    pages.push(numbers(next));
    ({ isDone, continueCursor: cursor } = next);
  }
  return pages;
}

describe("pagination", () => {
  behaviour("pages follow one another to the end", async (target) => {
    await fill(target, 7);
    expect((await readAll(target, "pages:list", 3)).flat()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect((await readAll(target, "pages:list", 3, { order: "desc" })).flat()).toEqual([6, 5, 4, 3, 2, 1, 0]);
  });

  behaviour("a filter leaves pages short but loses nothing", async (target) => {
    await fill(target, 10);
    expect((await readAll(target, "pages:filtered", 2)).flat()).toEqual([0, 3, 6, 9]);
  });

  behaviour("an index range is paged in its order", async (target) => {
    await fill(target, 9);
    expect((await readAll(target, "pages:indexed", 2)).flat()).toEqual([1, 3, 5, 7]);
  });

  behaviour("maximumRowsRead ends a page early and says so", async (target) => {
    await fill(target, 10);
    const first = await page(target, "pages:list", { maximumRowsRead: 4 });
    expect(numbers(first)).toEqual([0, 1, 2, 3]);
    expect(first).toMatchObject({ isDone: false, pageStatus: "SplitRequired" });
    const filtered = await page(target, "pages:filtered", { maximumRowsRead: 4 });
    expect(numbers(filtered)).toEqual([0, 3]);
  });

  behaviour("maximumBytesRead ends a page early and says so", async (target) => {
    await fill(target, 5);
    const first = await page(target, "pages:list", { maximumBytesRead: 1 });
    expect(first.page.length).toBeLessThanOrEqual(1);
    expect(first).toMatchObject({ isDone: false, pageStatus: "SplitRequired" });
  });

  behaviour("endCursor keeps the end of a page where it was", async (target) => {
    const ids = await fill(target, 6);
    const first = await page(target, "pages:list", { numItems: 3 });
    await target.mutation("documents:remove", { id: ids[1] });
    const again = await page(target, "pages:list", { numItems: 3, endCursor: first.continueCursor });
    expect(numbers(again)).toEqual([0, 2]);
    expect(numbers(await page(target, "pages:list", { cursor: first.continueCursor }))).toEqual([3, 4, 5]);
  });

  behaviour("goes on behind a document that was deleted", async (target) => {
    const ids = await fill(target, 6);
    const first = await page(target, "pages:list", { numItems: 3 });
    await target.mutation("documents:remove", { id: ids[2] });
    expect(numbers(await page(target, "pages:list", { cursor: first.continueCursor }))).toEqual([3, 4, 5]);
    const indexed = await page(target, "pages:indexed", { numItems: 1 });
    await target.mutation("documents:remove", { id: ids[1] });
    expect(numbers(await page(target, "pages:indexed", { cursor: indexed.continueCursor }))).toEqual([3, 5]);
  });

  behaviour("an empty table is one page that is done", async (target) => {
    expect(await page(target, "pages:list", {})).toMatchObject({ page: [], isDone: true });
  });

  behaviour("a function may paginate once", async (target) => {
    await fill(target, 2);
    await expect(target.query("pages:twice")).rejects.toThrow(/paginated quer/);
    expect(await target.action("pages:eachInItsOwnQuery")).toBe(2);
  });

  behaviour(
    "a cursor of another query is refused as an invalid one",
    async (target) => {
      await fill(target, 4);
      const { continueCursor: cursor } = await page(target, "pages:list", { numItems: 2 });
      await expect(page(target, "pages:indexed", { cursor })).rejects.toThrow("InvalidCursor");
    },
    { wireOnly: "convex-test's cursors are document ids" },
  );

  test("a subscribed page keeps its end when documents come and go", async () => {
    await clear();
    const ids = await fill(wire(), 4);
    await using client = liveClient();
    const { until } = watch<Page>(client, "pages:list", { paginationOpts: { cursor: null, numItems: 2 } });
    await until((first) => first.page.length === 2);
    await wire().mutation("documents:remove", { id: ids[0] });
    const after = await until((next) => next.page.length !== 2);
    expect(numbers(after)).toEqual([1]);
  });
});
