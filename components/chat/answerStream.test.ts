import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { answerText } from "./answerAccumulator";
import { AnswerStream } from "./answerStream";
import type { PagesResult } from "./pageFollower";

const WORDS = ["One ", "two ", "three ", "four ", "five."];
const EVENTS = [
  { type: "message_start", message: {} },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  ...WORDS.map((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
  { type: "content_block_stop", index: 0 },
  { type: "message_stop" },
].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

/** An answer of whose pages the first `count` are written; each holds one event. */
function pagesOf(count: () => number) {
  const subscribers = new Set<() => void>();
  return {
    subscribers,
    watchFrom: (fromIndex: number) => ({
      localQueryResult: (): PagesResult => ({
        pages: EVENTS.slice(0, count()).flatMap((text, index) =>
          index < fromIndex ? [] : [{ index, text }],
        ),
        isDone: count() === EVENTS.length,
      }),
      onUpdate(callback: () => void) {
        subscribers.add(callback);
        return () => subscribers.delete(callback);
      },
    }),
  };
}

function response(pieces: readonly string[], end: "close" | "break"): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece));
      if (end === "close") controller.close();
      else setTimeout(() => controller.error(new TypeError("network error")));
    },
  });
}

describe("AnswerStream", () => {
  beforeEach(() => {
    vi.stubGlobal("requestAnimationFrame", setImmediate);
    vi.stubGlobal("cancelAnimationFrame", clearImmediate);
    vi.spyOn(console, "warn").mockReturnValue();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test("shows the text of its own response and reads no page", async () => {
    const pages = pagesOf(() => 0);
    const stream = new AnswerStream(pages.watchFrom, () => {});
    const reading = stream.readPost(response(EVENTS, "close"));
    stream.subscribe(() => {});
    await reading;
    expect(answerText(stream.getSnapshot().blocks)).toBe(WORDS.join(""));
    expect(pages.subscribers.size).toBe(0);
  });

  test.each(["break", "close"] as const)(
    "goes on from the pages when the response ends early (%s), never showing less than before",
    async (end) => {
      let written = 3;
      const pages = pagesOf(() => written);
      const stream = new AnswerStream(pages.watchFrom, () => {});
      const shown: string[] = [];
      stream.subscribe(() => shown.push(answerText(stream.getSnapshot().blocks)));
      await stream.readPost(response(EVENTS.slice(0, 5), end));
      expect(answerText(stream.getSnapshot().blocks)).toBe("One two three ");

      written = EVENTS.length;
      for (const notify of [...pages.subscribers]) notify();
      expect(answerText(stream.getSnapshot().blocks)).toBe(WORDS.join(""));
      expect(shown).toEqual([...shown].sort((a, b) => a.length - b.length));
    },
  );

  test("does not double what it read from the pages before its response came", async () => {
    const pages = pagesOf(() => 4);
    const stream = new AnswerStream(pages.watchFrom, () => {});
    stream.subscribe(() => {});
    await stream.readPost(response(EVENTS, "close"));
    expect(answerText(stream.getSnapshot().blocks)).toBe(WORDS.join(""));
    expect(pages.subscribers.size).toBe(0);
  });

  test("is let go once it has ended and nothing shows it", async () => {
    const onIdle = vi.fn();
    const stream = new AnswerStream(pagesOf(() => 0).watchFrom, onIdle);
    const leave = stream.subscribe(() => {});
    await stream.readPost(response(EVENTS, "close"));
    leave();
    expect(onIdle).toHaveBeenCalledOnce();
  });
});
