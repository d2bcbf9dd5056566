import { type AnswerSnapshot, createAnswerAccumulator, EMPTY_ANSWER } from "./answerAccumulator";
import { createPageCursor } from "./pageCursor";
import { followPages, type PagesWatch } from "./pageFollower";

/**
 * One answer that is being generated. Its text comes from the response to our own POST or, where there is none (another
 * tab, a reload, a broken connection), from the durable pages. It outlives the components that show it.
 */
export class AnswerStream {
  #accumulator = createAnswerAccumulator();
  #shown: AnswerSnapshot = EMPTY_ANSWER;
  #source: "pages" | "post" = "pages";
  #frame: number | null = null;
  #unfollow: (() => void) | null = null;
  #cursor = createPageCursor();
  readonly #listeners = new Set<() => void>();
  readonly #watchPagesFrom: (fromIndex: number) => PagesWatch;
  readonly #onIdle: () => void;

  /** `onIdle` is called when nothing shows the finished answer any more. */
  constructor(watchPagesFrom: (fromIndex: number) => PagesWatch, onIdle: () => void) {
    this.#watchPagesFrom = watchPagesFrom;
    this.#onIdle = onIdle;
  }

  getSnapshot = (): AnswerSnapshot => this.#shown;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#source === "pages") this.#follow();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#unfollow?.();
      this.#unfollow = null;
      if (this.#accumulator.snapshot().isFinished) this.#onIdle();
    };
  };

  /** Reads the POST's response to its end; goes over to the pages when it breaks before the answer's end. */
  async readPost(body: ReadableStream<Uint8Array>): Promise<void> {
    this.#restart("post");
    const decoder = new TextDecoder();
    const reader = body.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        this.#take(decoder.decode(value, { stream: true }));
      }
    } catch (error) {
      console.warn("The answer's connection broke; reading on from its stored pages.", error);
    }
    if (this.#accumulator.snapshot().isFinished) return;
    this.#restart("pages");
    if (this.#listeners.size > 0) this.#follow();
  }

  /** Reads the answer anew from another source; what is shown stays until that one is further. */
  #restart(source: "pages" | "post"): void {
    this.#publish();
    this.#unfollow?.();
    this.#unfollow = null;
    this.#source = source;
    this.#accumulator = createAnswerAccumulator();
    this.#cursor = createPageCursor();
  }

  #follow(): void {
    this.#unfollow ??= followPages(this.#watchPagesFrom, this.#cursor, {
      onText: (text) => this.#take(text),
      onFailure: (error) => {
        this.#shown = {
          ...this.#shown,
          error: { type: "connection_error", message: error.message, requestId: null },
        };
        this.#notify();
      },
    });
  }

  #take(text: string): void {
    this.#accumulator.feed(text);
    if (this.#accumulator.snapshot().isFinished) this.#publish();
    else this.#frame ??= requestAnimationFrame(() => this.#publish());
  }

  #publish(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
    const next = this.#accumulator.snapshot();
    if (next === this.#shown || next.eventCount < this.#shown.eventCount) return;
    this.#shown = next;
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
