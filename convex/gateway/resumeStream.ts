import { internal } from "../_generated/api";
import type { ActionCtx } from "../_generated/server";
import { EventNumbers } from "../model/EventNumbers";
import { extractGatewayKey, hashSecret } from "./credentials";
import type { Exchange } from "./Exchange";
import { GatewayError } from "./GatewayError";
import { durableHeaders } from "./messages";
import { refusalError } from "./refusalError";
import { errorEvent } from "./StreamOutput";

const POLL_MS = 250;
const PING_AFTER_MS = 15_000;
/** Convex cuts responses at 20 MiB and actions at 30 minutes. */
const RESPONSE_CHARACTERS_MAX = 18 * 1024 * 1024;
const TIMEOUT_MS = 29 * 60_000;

/**
 * `GET /gateway/streams/{requestId}`: a durable answer from its start, or behind the event that `Last-Event-ID` names,
 * and on to its end while it is still being written.
 */
export async function resumeStream(exchange: Exchange, requestId: string): Promise<Response> {
  const { ctx, request } = exchange;
  const keyHash = await hashSecret(extractGatewayKey(request));
  const after = lastEventId(request);
  const first = await readPages(ctx, { requestId, keyHash, fromIndex: 0 });
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const follower = new Follower(exchange, { requestId, keyHash, after }, (bytes) =>
        controller.enqueue(bytes),
      );
      await follower.run(first);
      controller.close();
    },
  });
  return new Response(body, { status: 200, headers: durableHeaders(requestId) });
}

function lastEventId({ headers }: Request): number {
  const text = headers.get("last-event-id")?.trim() || "0";
  const id = Number(text);
  if (!Number.isSafeInteger(id) || id < 0) {
    throw new GatewayError(
      "invalid_request_error",
      `Last-Event-ID is ${JSON.stringify(text.slice(0, 40))}; it must be the number in an \`id:\` line of this stream.`,
    );
  }
  return id;
}

interface PageQuery {
  requestId: string;
  keyHash: string;
  fromIndex: number;
}

async function readPages(ctx: ActionCtx, query: PageQuery): Promise<{ texts: string[]; isDone: boolean }> {
  const answer = await ctx.runQuery(internal.streamPages.read, { ...query, now: Date.now() });
  if (!answer.ok) {
    throw refusalError(answer.refusal);
  }
  if (answer.pages === null) {
    throw new GatewayError(
      "not_found_error",
      `There is no durable stream ${query.requestId.slice(0, 80)} of this key. Ask for one with \`x-gateway-durable: true\` and \`stream: true\`; it is kept for 24 hours.`,
    );
  }
  return answer.pages;
}

const encoder = new TextEncoder();

/** Sends pages as they are written until the last one. */
class Follower {
  private readonly startedAt = Date.now();
  private sentAt = Date.now();
  private sentCharacters = 0;
  private readonly numbers: EventNumbers;

  constructor(
    private readonly exchange: Exchange,
    private readonly stream: { requestId: string; keyHash: string; after: number },
    private readonly enqueue: (bytes: Uint8Array) => void,
  ) {
    this.numbers = new EventNumbers(stream.after);
  }

  /** Never rejects: it ends in the stream's own last event or in an error event. */
  async run(first: { texts: string[]; isDone: boolean }): Promise<void> {
    const { requestId, keyHash } = this.stream;
    let pages = first;
    let fromIndex = 0;
    try {
      while (!this.exchange.request.signal.aborted) {
        for (const text of pages.texts) this.send(this.numbers.newer(text));
        fromIndex += pages.texts.length;
        if (pages.isDone) return;
        if (this.isExhausted()) break;
        if (pages.texts.length === 0) {
          this.pingWhenSilent();
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        }
        pages = await readPages(this.exchange.ctx, { requestId, keyHash, fromIndex });
      }
    } catch (error) {
      console.error(`reading the stream ${requestId} failed`, error);
    }
    const message = "This response ends here, the answer does not: go on with Last-Event-ID.";
    this.send(errorEvent({ type: "timeout_error", message }, requestId));
  }

  private isExhausted(): boolean {
    return this.sentCharacters > RESPONSE_CHARACTERS_MAX || Date.now() - this.startedAt > TIMEOUT_MS;
  }

  private pingWhenSilent(): void {
    if (Date.now() - this.sentAt >= PING_AFTER_MS) {
      this.send('event: ping\ndata: {"type":"ping"}\n\n');
    }
  }

  private send(text: string): void {
    if (text !== "") {
      this.sentAt = Date.now();
      this.sentCharacters += text.length;
      this.enqueue(encoder.encode(text));
    }
  }
}
