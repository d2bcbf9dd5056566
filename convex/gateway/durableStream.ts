import { NO_TOKENS } from "../model/anthropicUsage";
import { ContentBlocks } from "../model/contentBlocks";
import type { Outcome, Settlement } from "../model/outcome";
import { parseFrame } from "../model/sseFramer";
import type { Call } from "./Call";
import { attemptClaude } from "./callClaude";
import { endingOf, type Failure } from "./endings";
import { type FinishedMessage, settle } from "./ledger";
import { PageWriter } from "./PageWriter";
import { pumpStream } from "./pumpStream";
import { isEventStream, type UpstreamRequest } from "./relay";
import { costComment, errorEvent, type StreamOutput } from "./StreamOutput";
import { type HeaderRecord, refuseOperatorFault, unreachableError } from "./upstream";

/**
 * Answers 200 at once and goes on without the client: events are stored in pages as they come, and the end is
 * settled together with the chat's message. Errors of Claude's arrive as `event: error`.
 */
export function durableStream(call: Call, request: UpstreamRequest, headers: HeaderRecord): Response {
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const stream = new DurableStream(call, (bytes) => controller.enqueue(bytes));
      await stream.run(request);
      controller.close();
    },
  });
  return new Response(body, { status: 200, headers });
}

const encoder = new TextEncoder();

class DurableStream {
  private readonly pages: PageWriter;
  private readonly blocks = new ContentBlocks();
  private eventCount = 0;

  constructor(
    private readonly call: Call,
    private readonly enqueue: (bytes: Uint8Array) => void,
  ) {
    this.pages = new PageWriter(call);
  }

  /** Never rejects: whatever happens ends in an error event and a settled row. */
  async run(request: UpstreamRequest): Promise<void> {
    const upstream = await attemptClaude(this.call, request);
    if (!(upstream instanceof Response)) {
      await this.fail(this.failureOf(upstream.cause), { usageSource: "estimated" });
      return;
    }
    if (isEventStream(upstream)) {
      await pumpStream(upstream, {
        call: this.call,
        output: this.output(),
        enqueue: this.enqueue,
        settle: (outcome) => this.finish(outcome),
      });
      return;
    }
    const { httpStatus, ...failure } = await readFailure(upstream);
    await this.fail(failure, { usageSource: "reported", tokens: { ...NO_TOKENS }, httpStatus });
  }

  private failureOf(error: unknown): Failure {
    return this.call.endReason ? endingOf(this.call.endReason) : unreachableError(error);
  }

  private async fail(
    failure: Failure,
    usage: Pick<Outcome, "usageSource" | "tokens" | "httpStatus">,
  ): Promise<void> {
    await this.call.close();
    this.enqueue(this.addText(errorEvent(failure, this.call.exchange.requestId)));
    const status = this.call.endReason ? endingOf(this.call.endReason).status : "failed";
    const settlement = await this.finish({
      ...usage,
      status,
      errorType: failure.type,
      errorMessage: failure.message,
    });
    this.enqueue(encoder.encode(costComment(settlement, this.call.exchange.requestId)));
  }

  /** Claude's events, exact, with an `id:` line before each. */
  private output(): StreamOutput {
    const { requestId } = this.call.exchange;
    let run = "";
    return {
      contentType: "text/event-stream; charset=utf-8",
      visit: (bytes, start, end) => {
        const frame = bytes.subarray(start, end);
        this.blocks.addEvent(parseFrame(frame).data);
        run += this.numbered(decoder.decode(frame));
      },
      run: () => {
        this.pages.add(run);
        const bytes = encoder.encode(run);
        run = "";
        return bytes;
      },
      ping: () => encoder.encode('event: ping\ndata: {"type":"ping"}\n\n'),
      failure: (failure) => this.addText(errorEvent(failure, requestId)),
      trailer: (settlement) => encoder.encode(costComment(settlement, requestId)),
    };
  }

  private addText(event: string): Uint8Array {
    const text = this.numbered(event);
    this.pages.add(text);
    return encoder.encode(text);
  }

  private numbered(event: string): string {
    return `id: ${++this.eventCount}\n${event}`;
  }

  private async finish(outcome: Outcome): Promise<Settlement | null> {
    await this.pages.close();
    return await settle(this.call.exchange.ctx, {
      rowId: this.call.admission.rowId,
      outcome,
      message: finishedMessage(outcome, this.blocks.toJson()),
    });
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function finishedMessage(outcome: Outcome, contentJson: string): FinishedMessage {
  switch (outcome.status) {
    case "succeeded":
      return { status: "complete", contentJson };
    case "canceled":
      return { status: "stopped", contentJson };
    default:
      return { status: "failed", contentJson, errorMessage: outcome.errorMessage };
  }
}

/** Claude's refusal as the stream tells it; the operator's faults in the gateway's own words. */
async function readFailure(upstream: Response): Promise<Failure & { httpStatus: number }> {
  const httpStatus = upstream.status;
  try {
    refuseOperatorFault(httpStatus);
    const { error } = (await upstream.json()) as { error?: Partial<Failure> };
    return {
      httpStatus,
      type: error?.type ?? "api_error",
      message: error?.message ?? `Claude answered ${httpStatus}.`,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    return { httpStatus, type: "api_error", message: message || `Claude answered ${httpStatus}.` };
  }
}
