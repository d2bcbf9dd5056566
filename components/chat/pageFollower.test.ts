import { describe, expect, test } from "vitest";
import { createPageCursor } from "./pageCursor";
import { followPages, type PagesResult, type PagesWatch } from "./pageFollower";

/** A durable answer whose pages are appended one by one; counts how often each page is read. */
function durableAnswer() {
  const pages: { index: number; text: string }[] = [];
  const reads: number[] = [];
  const subscribers = new Set<() => void>();
  let isDone = false;

  function watchFrom(fromIndex: number): PagesWatch {
    let result: PagesResult | undefined;
    const run = () => {
      const found = pages.slice(fromIndex, fromIndex + 16);
      for (const { index } of found) reads[index] = (reads[index] ?? 0) + 1;
      result = { pages: found, isDone: isDone && fromIndex + found.length === pages.length };
    };
    return {
      localQueryResult: () => result,
      onUpdate(callback) {
        const update = () => {
          run();
          callback();
        };
        queueMicrotask(() => subscribers.has(update) && update());
        subscribers.add(update);
        return () => {
          if (!subscribers.delete(update)) throw new Error("left twice");
        };
      },
    };
  }

  async function settled() {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }

  return {
    watchFrom,
    reads,
    subscribers,
    async append(text: string, isLast = false) {
      pages.push({ index: pages.length, text });
      isDone = isLast;
      for (const update of [...subscribers]) update();
      await settled();
    },
    settled,
  };
}

describe("followPages", () => {
  test("hands on every page once and in order, and reads each about once", async () => {
    const answer = durableAnswer();
    for (let index = 0; index < 40; index++) await answer.append(`${index},`);
    let text = "";
    const leave = followPages(answer.watchFrom, createPageCursor(), {
      onText: (piece) => {
        text += piece;
      },
      onFailure: (error) => expect.unreachable(error.message),
    });
    await answer.settled();
    for (let index = 40; index < 60; index++) await answer.append(`${index},`, index === 59);

    expect(text).toBe(Array.from({ length: 60 }, (_, index) => `${index},`).join(""));
    expect(Math.max(...answer.reads)).toBeLessThanOrEqual(2);
    expect(answer.subscribers.size).toBe(0);
    leave();
  });

  test("goes on after the place that it left at", async () => {
    const answer = durableAnswer();
    const cursor = createPageCursor();
    const texts: string[] = [];
    const handlers = {
      onText: (text: string) => texts.push(text),
      onFailure: (error: Error) => expect.unreachable(error.message),
    };
    const leave = followPages(answer.watchFrom, cursor, handlers);
    await answer.append("a");
    leave();
    await answer.append("b");
    followPages(answer.watchFrom, cursor, handlers);
    await answer.append("c", true);
    expect(texts.join("")).toBe("abc");
  });

  test("reports a query that fails", () => {
    const failures: string[] = [];
    const broken: PagesWatch = {
      localQueryResult: () => {
        throw new Error("not yours");
      },
      onUpdate: () => () => {},
    };
    followPages(() => broken, createPageCursor(), {
      onText: () => {},
      onFailure: (error) => failures.push(error.message),
    });
    expect(failures).toEqual(["not yours"]);
  });
});
