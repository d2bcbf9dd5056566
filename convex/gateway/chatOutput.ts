import { parseFrame } from "../model/sseFramer";
import type { Failure } from "./endings";
import { costComment, type Dialect, type StreamOutput } from "./StreamOutput";

const encoder = new TextEncoder();

/** Chunks of a chat completion, byte for byte, but for a usage chunk that the client did not ask for. */
export function chatOutput(
  requestId: string,
  { hidesUsage, ...dialect }: Dialect & { hidesUsage: boolean },
): StreamOutput {
  let kept: Uint8Array[] = [];
  return {
    contentType: "text/event-stream; charset=utf-8",
    dialect,
    visit: hidesUsage
      ? (bytes, start, end) => {
          const frame = bytes.subarray(start, end);
          if (!isUsageOnly(frame)) kept.push(frame);
        }
      : null,
    run: (events) => {
      if (!hidesUsage) return events;
      const frames = kept;
      kept = [];
      return joined(frames);
    },
    ping: () => encoder.encode(": ping\n\n"),
    failure: (failure) => encoder.encode(errorChunk(failure, requestId)),
    trailer: (settlement) => encoder.encode(costComment(settlement, requestId)),
  };
}

function isUsageOnly(frame: Uint8Array): boolean {
  const { data } = parseFrame(frame);
  return data.includes('"usage"') && /"choices"\s*:\s*\[\s*\]/.test(data);
}

/** OpenAI's clients throw what stands in `error`. */
function errorChunk({ type, message }: Failure, requestId: string): string {
  const error = { message, type, param: null, code: null };
  return `data: ${JSON.stringify({ error, request_id: requestId })}\n\n`;
}

function joined(frames: Uint8Array[]): Uint8Array | null {
  const [first] = frames;
  if (!first) return null;
  if (frames.length === 1) return first;
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let offset = 0;
  for (const frame of frames) {
    bytes.set(frame, offset);
    offset += frame.length;
  }
  return bytes;
}
