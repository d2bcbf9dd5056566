import { internal } from "../_generated/api";
import { splitContent } from "../model/messageContent";
import type { Call } from "./Call";

/** Few enough pages for the database, often enough for the eye. */
const FLUSH_INTERVAL_MS = 250;
const FLUSH_LENGTH = 16 * 1024;
const LAST_PAGE_TRIES = 4;
const RETRY_MS = 250;

/** Stores a stream's events in append-only pages, in order, and learns from each whether to stop. */
export class PageWriter {
  private pending = "";
  /** Cut for good: a page that fails is tried again as it is, because it may have been written after all. */
  private readonly unwritten: string[] = [];
  private index = 0;
  private isClosing = false;
  private flushedAt = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private flushing: Promise<void> | null = null;

  constructor(private readonly call: Call) {}

  add(text: string): void {
    this.pending += text;
    this.scheduleFlush();
  }

  /** Writes what is left and marks the end; awaited before the request is settled. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.cancelTimer();
    await this.flushing;
    const pages = [...this.unwritten, ...splitContent(this.pending)];
    for (const [position, text] of pages.entries()) {
      await this.appendSurely(text, position === pages.length - 1);
    }
  }

  private scheduleFlush(): void {
    if (this.flushing !== null || this.isClosing) {
      return;
    }
    if (this.pending.length >= FLUSH_LENGTH && this.unwritten.length === 0) {
      this.cancelTimer();
      this.startFlush();
      return;
    }
    const waitMs = Math.max(0, this.flushedAt + FLUSH_INTERVAL_MS - Date.now());
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.startFlush();
    }, waitMs);
  }

  private startFlush(): void {
    this.flushing = this.flush().finally(() => {
      this.flushing = null;
      this.flushedAt = Date.now();
      if (this.pending !== "" || this.unwritten.length > 0) {
        this.scheduleFlush();
      }
    });
  }

  private async flush(): Promise<void> {
    if (this.pending !== "") {
      this.unwritten.push(...splitContent(this.pending));
      this.pending = "";
    }
    try {
      while (this.unwritten[0] !== undefined) {
        await this.append(this.unwritten[0], false);
        this.unwritten.shift();
      }
    } catch (error) {
      console.error(`a page of ${this.call.exchange.requestId} was not written`, error);
    }
  }

  private async appendSurely(text: string, isLast: boolean): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.append(text, isLast);
        return;
      } catch (error) {
        console.error(`a page of ${this.call.exchange.requestId} was not written`, error);
        if (tries === LAST_PAGE_TRIES) {
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS * tries));
      }
    }
  }

  private async append(text: string, isLast: boolean): Promise<void> {
    const { exchange, admission } = this.call;
    const { isStopRequested } = await exchange.ctx.runMutation(internal.streamPages.append, {
      requestId: exchange.requestId,
      memberId: admission.memberId,
      index: this.index,
      text,
      isLast,
    });
    this.index++;
    if (isStopRequested && !isLast) {
      this.call.end("stopped");
    }
  }

  private cancelTimer(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
