import { billedUsageOf, overlayUsage, servedAsOf, type UsageObject } from "./anthropicUsage";
import { namedObjects } from "./namedObjects";
import type { Outcome } from "./outcome";
import { parseFrame } from "./sseFramer";

/** `event: content_block_delta`, its JSON around the delta and the blank line. */
const DELTA_ENVELOPE_BYTES = 113;
const DELIVERED_BYTES_PER_TOKEN = 2;
const BARE_START_BYTES_MAX = 300;

const E = 0x65;
const V = 0x76;
const NAME_START = "event: ".length;

/** Reads a copy of a stream's events. */
export interface StreamMeter {
  readonly isComplete: boolean;
  readonly error: { type: string; message: string } | null;
  readonly firstDeltaAt: number | null;
  addFrame(bytes: Uint8Array, start: number, end: number): void;
  usageOutcome(): UsageOutcome;
}

export type UsageOutcome = Pick<
  Outcome,
  | "usageSource"
  | "tokens"
  | "charges"
  | "isUnbilled"
  | "servedModel"
  | "servedAs"
  | "stopReason"
  | "objectIds"
  | "deliveredTokens"
>;

/**
 * Reads a copy of a stream's events: usage, stop reason, first delta and how it ended. Deltas are only
 * measured, never decoded.
 */
export class UsageMeter implements StreamMeter {
  isComplete = false;
  error: { type: string; message: string } | null = null;
  stopReason: string | null = null;
  firstDeltaAt: number | null = null;
  private usage: UsageObject | null = null;
  private hasFinalUsage = false;
  private servedModel: string | null = null;
  private deliveredBytes = 0;
  private readonly objectIds: string[] = [];

  constructor(private readonly now: () => number) {}

  addFrame(bytes: Uint8Array, start: number, end: number): void {
    switch (frameKind(bytes, start, end)) {
      case "delta":
        this.firstDeltaAt ??= this.now();
        this.deliveredBytes += Math.max(1, end - start - DELTA_ENVELOPE_BYTES);
        return;
      case "skip":
        return;
      case "read":
        this.read(bytes.subarray(start, end));
    }
  }

  /** What the answer used. Without a final count: delivered bytes instead of the placeholder of `message_start`. */
  usageOutcome(): UsageOutcome {
    const outcome: UsageOutcome = {
      usageSource: "estimated",
      servedModel: this.servedModel ?? undefined,
      stopReason: this.stopReason ?? undefined,
      objectIds: this.objectIds.length > 0 ? [...new Set(this.objectIds)] : undefined,
    };
    if (!this.usage) {
      return outcome;
    }
    const { tokens, charges, fallbackModel } = billedUsageOf(this.usage);
    const servedAs = servedAsOf(this.usage);
    const servedModel = fallbackModel ?? outcome.servedModel;
    if (this.hasFinalUsage) {
      const isUnbilled = (this.stopReason === "refusal" && this.deliveredBytes === 0) || undefined;
      return { tokens, charges, servedAs, isUnbilled, ...outcome, servedModel, usageSource: "reported" };
    }
    tokens.outputTokens = Math.max(1, Math.ceil(this.deliveredBytes / DELIVERED_BYTES_PER_TOKEN));
    return { tokens, servedAs, ...outcome, servedModel };
  }

  private noteObjects(part: unknown): void {
    this.objectIds.push(...namedObjects(part));
  }

  private read(frame: Uint8Array): void {
    const { event, data } = parseFrame(frame);
    if (data === "") {
      return;
    }
    const body = parseObject(data);
    const type = event === "message" && typeof body.type === "string" ? body.type : event;
    if (type === "message_start") {
      const message = objectOf(body.message);
      this.noteObjects({ container: message.container });
      this.usage = objectOf(message.usage);
      this.servedModel = typeof message.model === "string" ? message.model : null;
    } else if (type === "message_delta") {
      this.usage = overlayUsage(this.usage ?? {}, objectOf(body.usage));
      this.hasFinalUsage ||= typeof objectOf(body.usage).output_tokens === "number";
      const { stop_reason: stopReason, container } = objectOf(body.delta);
      this.noteObjects({ container });
      this.stopReason = typeof stopReason === "string" ? stopReason : this.stopReason;
    } else if (type === "content_block_start") {
      const block = objectOf(body.content_block);
      this.noteObjects(String(block.type).endsWith("_tool_result") ? block : null);
    } else if (type === "message_stop") {
      this.isComplete = true;
    } else if (type === "content_block_delta") {
      this.firstDeltaAt ??= this.now();
      this.deliveredBytes += frame.length;
    } else if (type === "error") {
      const { type: errorType, message } = objectOf(body.error);
      this.error = {
        type: typeof errorType === "string" ? errorType : "api_error",
        message: typeof message === "string" ? message : "Claude's stream reported an error.",
      };
    }
  }
}

/** Told from a few bytes, because most frames of a stream are deltas that need no reading. */
function frameKind(bytes: Uint8Array, start: number, end: number): "delta" | "skip" | "read" {
  if (bytes[start] !== E || bytes[start + 1] !== V) {
    return "read";
  }
  const name = start + NAME_START;
  if (bytes[name] === 0x70 /* p: ping */) {
    return "skip";
  }
  if (bytes[name] !== 0x63 /* c: content_block_… */) {
    return "read";
  }
  const isDelta = bytes[name + "content_block_".length] === 0x64; /* d: delta */
  // Starts of text, thinking and tool calls are short; a longer one is a server tool's result, which may name files.
  return isDelta ? "delta" : end - start > BARE_START_BYTES_MAX ? "read" : "skip";
}

function parseObject(data: string): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(data));
  } catch {
    // Not ours to judge: the bytes go on as they are, and the stream ends as incomplete.
    return {};
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
