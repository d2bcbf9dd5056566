import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { Journal, JournalEntry } from "./Journal.ts";
import { type Frame, formatEvent, messageFrames } from "./messageFrames.ts";
import { countTextTokens } from "./parseMessagesRequest.ts";
import { pause } from "./pause.ts";
import { messageObject, type PlannedMessage } from "./planMessage.ts";
import type { Script } from "./script.ts";

/** One answer on its way out: where it goes, what is noted about it, and how fast it is by default. */
export interface Outgoing {
  readonly response: ServerResponse;
  readonly journal: Journal;
  readonly entry: JournalEntry;
  readonly headers: Readonly<Record<string, string>>;
  readonly deltaMs: number;
  /** Aborted when the client left or the server stops. */
  readonly signal: AbortSignal;
}

/** Sends a planned answer as one JSON message, after the time that its generation would take if one was scripted. */
export async function sendMessage(out: Outgoing, plan: PlannedMessage, script: Script): Promise<void> {
  const generationMs = (script.firstDeltaMs ?? 0) + (script.deltaMs ?? 0) * (script.deltas ?? 1);
  if (generationMs > 0) await pause(generationMs, out.signal);
  if (out.signal.aborted) return;
  const body = encode(JSON.stringify(messageObject(plan)), script);
  out.response.writeHead(200, {
    "content-type": "application/json",
    ...out.headers,
    ...encodingHeader(script),
    "content-length": String(body.length),
  });
  out.entry.status = 200;
  out.entry.firstByteAt = Date.now();
  if (script.cutAfterDeltas !== undefined) {
    await writeAll(out, body.subarray(0, body.length >> 1));
    out.journal.end(out.entry, "faulted");
    out.response.destroy();
    return;
  }
  out.entry.bytesSent = body.length;
  out.entry.outputTokensSent = Number(plan.usage.output_tokens ?? 0);
  out.response.end(body);
}

/** Sends a planned answer as Anthropic's event stream, paced and broken as the script orders. */
export async function sendStream(out: Outgoing, plan: PlannedMessage, script: Script): Promise<void> {
  const { response, entry, signal } = out;
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    ...out.headers,
    ...encodingHeader(script),
  });
  entry.status = 200;
  entry.firstByteAt = Date.now();
  if (script.chunking === "whole" || script.gzip) {
    const text = Array.from(messageFrames(plan, script), (frame) => noteDelta(entry, frame).text).join("");
    const bytes = encode(text, script);
    entry.bytesSent = bytes.length;
    entry.outputTokensSent = Number(plan.usage.output_tokens ?? 0);
    response.end(bytes);
    return;
  }
  const deltaMs = script.deltaMs ?? out.deltaMs;
  const startedAt = performance.now() + (script.firstDeltaMs ?? deltaMs);
  for (const frame of messageFrames(plan, script)) {
    if (frame.isDelta) {
      if (await applyFault(out, script, frame)) return;
      const due = startedAt + entry.deltasSent * deltaMs - performance.now();
      await pause(due, signal);
    }
    if (signal.aborted) return;
    await writeFrame(out, frame.text, script);
    noteDelta(entry, frame);
  }
  if (await applyFault(out, script, null)) return;
  response.end();
}

function encode(text: string, { gzip }: Script): Buffer {
  return gzip ? gzipSync(text) : Buffer.from(text);
}

function encodingHeader({ gzip }: Script): Record<string, string> {
  return gzip ? { "content-encoding": "gzip" } : {};
}

function noteDelta(entry: JournalEntry, frame: Frame): Frame {
  if (!frame.isDelta) return frame;
  entry.deltasSent++;
  entry.outputTokensSent += countTextTokens(frame.textLength);
  return frame;
}

/** Does what the script orders after the deltas sent so far; true when that ended the stream. */
async function applyFault(out: Outgoing, script: Script, next: Frame | null): Promise<boolean> {
  const { response, entry, journal, signal } = out;
  const isDue = (after: number | undefined) => after !== undefined && entry.deltasSent >= after;
  if (isDue(script.hangAfterDeltas)) {
    await pause(Number.POSITIVE_INFINITY, signal);
    return true;
  }
  if (isDue(script.errorAfterDeltas)) {
    const error = {
      type: script.error?.type ?? "overloaded_error",
      message: script.error?.message ?? "Overloaded",
    };
    const data = JSON.stringify({ type: "error", error, request_id: entry.requestId });
    await writeFrame(out, formatEvent("error", data, script.crlf === true), script);
    journal.end(entry, "faulted");
    response.end();
    return true;
  }
  if (!isDue(script.cutAfterDeltas)) return false;
  if (script.cut === "halfEvent" && next)
    await writeAll(out, Buffer.from(next.text.slice(0, next.text.length >> 1)));
  // What was written must leave the process before the reset, or the client sees none of it.
  await pause(5, signal);
  journal.end(entry, "faulted");
  if (script.cut === "end") response.end();
  else response.destroy();
  return true;
}

async function writeFrame(out: Outgoing, text: string, script: Script): Promise<void> {
  const bytes = Buffer.from(text);
  if (script.chunking === "byte") {
    for (let index = 0; index < bytes.length; index++) await writeAll(out, bytes.subarray(index, index + 1));
  } else if (script.chunking === "split") {
    const middle = 1 + (out.entry.bytesSent % Math.max(1, bytes.length - 1));
    await writeAll(out, bytes.subarray(0, middle));
    await writeAll(out, bytes.subarray(middle));
  } else {
    await writeAll(out, bytes);
  }
}

/** Writes bytes as one piece on the wire: Node joins writes of the same turn of the event loop, so each gets its own. */
async function writeAll(out: Outgoing, bytes: Buffer): Promise<void> {
  if (out.signal.aborted || bytes.length === 0) return;
  out.entry.bytesSent += bytes.length;
  const hasRoom = out.response.write(bytes);
  if (hasRoom) return await new Promise((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => {
    const finish = () => {
      out.response.off("drain", finish);
      out.signal.removeEventListener("abort", finish);
      resolve();
    };
    out.response.on("drain", finish);
    out.signal.addEventListener("abort", finish);
  });
}
