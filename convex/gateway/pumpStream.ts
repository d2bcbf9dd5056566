import type { Outcome, Settlement } from "../model/outcome";
import { SseFramer, type VisitFrame } from "../model/sseFramer";
import { type StreamMeter, UsageMeter } from "../model/usageMeter";
import type { Call } from "./Call";
import { type Ending, streamEnding } from "./endings";
import type { StreamOutput } from "./StreamOutput";

const PING_AFTER_MS = 15_000;
/** Convex drops what exceeds 20 MiB without a word; this leaves room for the error that says so. */
const RESPONSE_BYTES_MAX = 19 * 1024 * 1024;

interface Pump {
  call: Call;
  output: StreamOutput;
  enqueue: (bytes: Uint8Array) => void;
  /** Records the end; awaited before the body closes. */
  settle: (outcome: Outcome) => Promise<Settlement | null>;
}

/**
 * Passes Claude's events on as they come, measures a copy, and ends the stream in `message_stop` or an error,
 * settled, whatever happens. Never rejects.
 */
export async function pumpStream(upstream: Response, pump: Pump): Promise<void> {
  const { call, output } = pump;
  const meter = output.dialect?.meter ?? new UsageMeter(Date.now);
  const client = new ClientStream(call, pump);
  call.onPoll = () => client.pingWhenSilent();
  const readError = await relayEvents(upstream, { call, output, meter, client });
  await call.close();
  client.stopPings();
  const ending = streamEnding(call, meter, readError);
  if (ending.failure && !ending.isToldByUpstream) {
    client.send(output.failure(ending.failure));
  }
  const settlement = await pump.settle(streamOutcome(upstream, { call, meter, ending }));
  client.send(output.trailer(settlement));
}

interface Relay {
  call: Call;
  output: StreamOutput;
  meter: StreamMeter;
  client: ClientStream;
}

/** Resolves at the end of Claude's stream, with what broke it or null. */
async function relayEvents(upstream: Response, { call, output, meter, client }: Relay): Promise<unknown> {
  const framer = new SseFramer();
  const visit = visitorOf(meter, output);
  const reader = upstream.body?.getReader();
  // Ends a pending read at once where aborting the fetch alone would not; its own failure is the read's.
  const cancel = () => void reader?.cancel().catch(() => null);
  call.onEnd = cancel;
  try {
    for (;;) {
      const chunk = await reader?.read();
      if (!chunk || chunk.done || call.endReason) {
        return null;
      }
      for (const run of framer.push(chunk.value, visit)) {
        client.send(output.run(run));
      }
    }
  } catch (error) {
    call.upstream.abort();
    cancel();
    return error;
  }
}

function visitorOf(meter: StreamMeter, { visit }: StreamOutput): VisitFrame {
  return (bytes, start, end) => {
    meter.addFrame(bytes, start, end);
    visit?.(bytes, start, end);
  };
}

/** The client's side: counts bytes, and pings while Claude is silent. */
class ClientStream {
  private sentBytes = 0;
  private sentAt = Date.now();
  private pingTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly call: Call,
    private readonly pump: Pump,
  ) {}

  send(bytes: Uint8Array | null): void {
    if (bytes === null || this.call.endReason === "clientLeft") {
      return;
    }
    this.sentBytes += bytes.length;
    this.sentAt = Date.now();
    if (this.sentBytes > RESPONSE_BYTES_MAX && this.call.endReason === null) {
      this.call.end("tooLarge");
      return;
    }
    this.pump.enqueue(bytes);
  }

  /** Called every few seconds, so that a busy stream needs no timer of its own. */
  pingWhenSilent(): void {
    if (this.pingTimer !== null || Date.now() - this.sentAt < PING_AFTER_MS / 2) {
      return;
    }
    this.pingTimer = setTimeout(
      () => {
        this.pingTimer = null;
        if (Date.now() - this.sentAt >= PING_AFTER_MS) {
          this.send(this.pump.output.ping());
        }
      },
      Math.max(0, this.sentAt + PING_AFTER_MS - Date.now()),
    );
  }

  stopPings(): void {
    if (this.pingTimer !== null) {
      clearTimeout(this.pingTimer);
    }
  }
}

function streamOutcome(
  upstream: Response,
  { call, meter, ending }: { call: Call; meter: StreamMeter; ending: Ending },
): Outcome {
  const anthropicRequestId = upstream.headers.get("request-id");
  const { firstDeltaAt } = meter;
  return {
    status: ending.status,
    httpStatus: upstream.status,
    timeToFirstTokenMs:
      firstDeltaAt === null ? undefined : Math.max(0, firstDeltaAt - call.exchange.receivedAt),
    errorType: ending.failure?.type,
    errorMessage: ending.failure?.message,
    anthropicRequestId: anthropicRequestId ?? undefined,
    ...meter.usageOutcome(),
  };
}
