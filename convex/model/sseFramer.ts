const LF = 0x0a;
const CR = 0x0d;
/** No event of Anthropic's comes near; without a bound one endless line would fill the memory. */
const FRAME_BYTES_MAX = 8 * 1024 * 1024;

export type VisitFrame = (bytes: Uint8Array, start: number, end: number) => void;

export class FrameTooLargeError extends Error {}

/**
 * Cuts a byte stream at the ends of SSE events (`\n\n`, also with `\r\n` or `\r`). What is pushed comes
 * back unchanged as soon as the event it belongs to is whole, so anything may be inserted between runs.
 */
export class SseFramer {
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  private isLineEmpty = true;
  private endedInCr = false;

  /** Visits each event that this chunk completes and returns their bytes, in order, without copying if possible. */
  push(chunk: Uint8Array, visit: VisitFrame): Uint8Array[] {
    let begun: Uint8Array | null = null;
    let runStart = 0;
    let frameStart = 0;
    let lineStart = this.endedInCr && chunk[0] === LF ? 1 : 0;
    this.endedInCr = chunk[chunk.length - 1] === CR;
    for (;;) {
      const lineEnd = indexOfLineEnd(chunk, lineStart);
      if (lineEnd === -1) {
        break;
      }
      const isBoundary = lineEnd === lineStart && this.isLineEmpty;
      this.isLineEmpty = true;
      lineStart = lineEnd + (chunk[lineEnd] === CR && chunk[lineEnd + 1] === LF ? 2 : 1);
      if (!isBoundary) {
        continue;
      }
      if (this.heldBytes > 0) {
        begun = this.release(chunk.subarray(0, lineStart));
        visit(begun, 0, begun.length);
        runStart = lineStart;
      } else {
        visit(chunk, frameStart, lineStart);
      }
      frameStart = lineStart;
    }
    this.isLineEmpty = this.isLineEmpty && lineStart === chunk.length;
    if (frameStart < chunk.length) this.hold(chunk.subarray(frameStart));
    if (frameStart === runStart) return begun ? [begun] : [];
    const whole = frameStart - runStart === chunk.length ? chunk : chunk.subarray(runStart, frameStart);
    return begun ? [begun, whole] : [whole];
  }

  private hold(rest: Uint8Array): void {
    this.held.push(rest);
    this.heldBytes += rest.length;
    if (this.heldBytes > FRAME_BYTES_MAX) {
      throw new FrameTooLargeError(`an event of the stream is longer than ${FRAME_BYTES_MAX} bytes`);
    }
  }

  private release(end: Uint8Array): Uint8Array {
    const frame = new Uint8Array(this.heldBytes + end.length);
    let offset = 0;
    for (const part of [...this.held, end]) {
      frame.set(part, offset);
      offset += part.length;
    }
    this.held = [];
    this.heldBytes = 0;
    return frame;
  }
}

/** Most lines are short, and a call of `indexOf` costs more than to look at so many bytes. */
const LOOKED_AT_BYTES = 512;

function indexOfLineEnd(chunk: Uint8Array, from: number): number {
  const lookedAt = Math.min(chunk.length, from + LOOKED_AT_BYTES);
  for (let index = from; index < lookedAt; index++) {
    const byte = chunk[index];
    if (byte === LF || byte === CR) return index;
  }
  if (lookedAt === chunk.length) return -1;
  const lf = chunk.indexOf(LF, lookedAt);
  const cr = chunk.subarray(0, lf === -1 ? chunk.length : lf).indexOf(CR, lookedAt);
  return cr === -1 ? lf : cr;
}

const decoder = new TextDecoder();

/** Name and data of an event in wire form; the name defaults to `message`. */
export function parseFrame(bytes: Uint8Array): { event: string; data: string } {
  let event = "message";
  const data: string[] = [];
  for (const line of decoder.decode(bytes).split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (field === "event") {
      event = value;
    } else if (field === "data") {
      data.push(value);
    }
  }
  return { event, data: data.join("\n") };
}
