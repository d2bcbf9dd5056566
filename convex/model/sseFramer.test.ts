import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameTooLargeError, parseFrame, SseFramer } from "./sseFramer";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

/** Pushes a text in pieces of the given sizes (the last one again and again). */
function relay(text: string, sizes: number[]) {
  const framer = new SseFramer();
  const bytes = encode(text);
  const frames: string[] = [];
  const runs: string[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[Math.min(n, sizes.length - 1)] ?? 1;
    const visit = (chunk: Uint8Array, start: number, end: number) =>
      void frames.push(decode(chunk.slice(start, end)));
    for (const run of framer.push(bytes.slice(at, at + size), visit)) runs.push(decode(run));
    at += size;
  }
  return { frames, relayed: runs.join("") };
}

const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
const value = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, ""));
const frame = fc
  .tuple(
    lineEnd,
    fc.array(fc.tuple(fc.constantFrom("event", "data", "id", ""), value), { minLength: 1, maxLength: 4 }),
  )
  .map(([end, lines]) => lines.map(([field, text]) => `${field}: ${text}${end}`).join("") + end);

describe("SseFramer", () => {
  it("passes on every whole event unchanged, however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (frames, sizes) => {
          const text = frames.join("");
          const { relayed, frames: seen } = relay(text, sizes);
          // The LF of a CRLF that ends the last event may still be on its way.
          expect([text, text.replace(/\n$/, "")]).toContain(relayed);
          expect(seen.join("")).toBe(relayed);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it("holds back an event until it is whole", () => {
    expect(relay("event: a\ndata: 1\n\nevent: b\ndata: {", [7])).toEqual({
      frames: ["event: a\ndata: 1\n\n"],
      relayed: "event: a\ndata: 1\n\n",
    });
  });

  it("does not copy a chunk that holds whole events only", () => {
    const chunk = encode("data: 1\n\ndata: 2\n\n");
    expect(new SseFramer().push(chunk, () => {})).toEqual([chunk]);
    expect(new SseFramer().push(chunk, () => {})[0]).toBe(chunk);
  });

  it("gives up on an event of more than 8 MiB", () => {
    const framer = new SseFramer();
    const megabyte = new Uint8Array(1024 * 1024).fill(120);
    expect(() => {
      for (let n = 0; n < 9; n++) framer.push(megabyte, () => {});
    }).toThrow(FrameTooLargeError);
  });
});

describe("parseFrame", () => {
  it("reads name and data in any order, joining data lines", () => {
    const text = ": comment\ndata: one\nid: 7\nevent:error\ndata: two\n\n";
    expect(parseFrame(encode(text))).toEqual({ event: "error", data: "one\ntwo" });
  });
});
