import { internal } from "../_generated/api";
import type { Admission } from "../model/decision";
import type { Exchange } from "./Exchange";
import type { AdmitRequest } from "./ledger";

/** Why a call ends before Claude is done with it. */
export type EndReason =
  | "clientLeft"
  | "stopped"
  | "keyClosed"
  | "gatewayKilled"
  | "expired"
  | "timedOut"
  | "tooLarge";

const POLL_MS = 5_000;
const LEASE_RENEWAL_MS = 20_000;
/** Self-hosted Convex answers 408 by itself when no response head has left after 300 s. */
const HEAD_TIMEOUT_MS = 290_000;
/** Convex ends an action after 30 minutes. */
const STREAM_TIMEOUT_MS = 29 * 60_000;

interface CallOptions {
  isDurable: boolean;
  pollMs?: number;
  /** How the request may be repeated; absent: not at all. */
  retry?: Retry;
}

export interface Retry {
  /** What admit was asked. */
  request: AdmitRequest;
  fallbackModel: string | null;
  isClientRetrying: boolean;
}

/**
 * An admitted request on its way through Claude. It ends early for exactly one reason; ending aborts the
 * upstream call. Requests shorter than the poll interval cost one timer and no query.
 */
export class Call implements EventListenerObject {
  readonly upstream = new AbortController();
  endReason: EndReason | null = null;
  attemptNumber = 1;
  /** Called at every poll, for pings. */
  onPoll: (() => void) | null = null;
  /** Called when it ends early. */
  onEnd: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private polling: Promise<void> = Promise.resolve();
  private leaseRenewedAt: number;
  private deadlineAt: number;

  constructor(
    readonly exchange: Exchange,
    /** Of the latest attempt. */
    public admission: Admission,
    readonly options: CallOptions,
  ) {
    this.leaseRenewedAt = exchange.receivedAt;
    this.deadlineAt = exchange.receivedAt + (options.isDurable ? STREAM_TIMEOUT_MS : HEAD_TIMEOUT_MS);
    const { signal } = exchange.request;
    if (!options.isDurable) {
      // The only sign of a disconnect that Convex gives.
      signal.addEventListener("abort", this);
      if (signal.aborted) {
        this.end("clientLeft");
      }
    }
    this.schedulePoll();
  }

  /** The client has left. */
  handleEvent(): void {
    this.end("clientLeft");
  }

  end(reason: EndReason): void {
    if (this.endReason === null) {
      this.endReason = reason;
      this.upstream.abort();
      this.onEnd?.();
    }
  }

  /** The head is out: from here on the answer may take as long as Convex lets an action run. */
  headSent(): void {
    this.deadlineAt = this.exchange.receivedAt + STREAM_TIMEOUT_MS;
  }

  /** Stops watching; to be awaited before the response ends, because Convex drops what is still pending then. */
  async close(): Promise<void> {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
    this.exchange.request.signal.removeEventListener("abort", this);
    await this.polling;
  }

  private schedulePoll(): void {
    const pollMs = this.options.pollMs ?? POLL_MS;
    this.timer = setTimeout(
      () => {
        this.polling = this.poll();
      },
      Math.max(0, Math.min(pollMs, this.deadlineAt - Date.now())),
    );
  }

  private async poll(): Promise<void> {
    const now = Date.now();
    if (now >= this.deadlineAt) {
      this.end("timedOut");
      return;
    }
    this.onPoll?.();
    const { ctx } = this.exchange;
    const { rowId } = this.admission;
    try {
      const reason = await ctx.runQuery(internal.requests.poll, { rowId, now });
      // A repeated attempt has a new row; the old one's end is no reason.
      if (reason !== null && rowId === this.admission.rowId) {
        this.end(reason);
        return;
      }
      if (now - this.leaseRenewedAt >= LEASE_RENEWAL_MS) {
        await ctx.runMutation(internal.requests.renewLease, { rowId });
        this.leaseRenewedAt = now;
      }
    } catch (error) {
      // The next poll tries again; if none succeeds the lease runs out and the cron settles.
      console.error(`poll of ${this.exchange.requestId} failed`, error);
    }
    if (this.timer !== null && this.endReason === null) {
      this.schedulePoll();
    }
  }
}
