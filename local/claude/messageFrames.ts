import {
  deltaUsage,
  isLowSurrogate,
  messageObject,
  type PlannedBlock,
  type PlannedMessage,
  type Usage,
} from "./planMessage.ts";
import type { Script } from "./script.ts";

/** One piece of an event stream. `isDelta`: a text delta, whose text is `textLength` UTF-16 units long. */
export interface Frame {
  readonly text: string;
  readonly isDelta: boolean;
  readonly textLength: number;
}

const derivedDeltaLength = 24;
const toolDeltaLength = 16;

/** The event stream of a planned answer, with everything a script adds among its events; faults are the sender's. */
export function* messageFrames(plan: PlannedMessage, script: Script): Generator<Frame> {
  const frame = (name: string, data: Record<string, unknown>, textLength = -1): Frame => ({
    text: formatEvent(name, JSON.stringify({ type: name, ...data }), script.crlf === true),
    isDelta: textLength >= 0,
    textLength,
  });
  const start = frame("message_start", {
    message: {
      ...messageObject(plan),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: plan.startUsage,
    },
  });
  yield script.bom === true ? { ...start, text: `\uFEFF${start.text}` } : start;
  let deltas = 0;
  for (const [index, block] of plan.blocks.entries()) {
    yield frame("content_block_start", { index, content_block: emptyBlock(block) });
    if (index === 0) yield frame("ping", {});
    for (const delta of blockDeltas(block, script)) {
      yield frame("content_block_delta", { index, delta }, delta.text?.length);
      if (delta.text !== undefined) yield* extras(script, deltas++ === 0);
    }
    yield frame("content_block_stop", { index });
  }
  const messageDeltas = script.messageDeltas ?? 1;
  for (let part = 1; part <= messageDeltas; part++) {
    yield frame("message_delta", {
      delta: {
        stop_reason: plan.stopReason,
        stop_sequence: plan.stopSequence,
        stop_details: plan.stopDetails,
      },
      usage: deltaUsage(part === messageDeltas ? plan.usage : partialUsage(plan.usage, part / messageDeltas)),
    });
  }
  yield frame("message_stop", {});
}

/** One SSE event; `data` must hold no line break. */
export function formatEvent(name: string, data: string, isCrlf: boolean): string {
  return isCrlf ? `event: ${name}\r\ndata: ${data}\r\n\r\n` : `event: ${name}\ndata: ${data}\n\n`;
}

function* extras(script: Script, isFirst: boolean): Generator<Frame> {
  const isCrlf = script.crlf === true;
  for (let index = 0; index < (script.unknownEvents ?? 0); index++) {
    yield {
      text: formatEvent("simulated_event", '{"type":"simulated_event","note":"unknown"}', isCrlf),
      isDelta: false,
      textLength: 0,
    };
  }
  for (let index = 0; index < (script.comments ?? 0); index++) {
    yield {
      text: isCrlf ? ": simulated comment\r\n\r\n" : ": simulated comment\n\n",
      isDelta: false,
      textLength: 0,
    };
  }
  for (let index = 0; index < (script.pings ?? 0); index++) {
    yield { text: formatEvent("ping", '{"type":"ping"}', isCrlf), isDelta: false, textLength: 0 };
  }
  if (isFirst && script.extraBytes !== undefined)
    yield { text: script.extraBytes, isDelta: false, textLength: 0 };
}

function emptyBlock(block: PlannedBlock): Record<string, unknown> {
  if (block.type === "text") return { type: "text", text: "", citations: null };
  if (block.type === "thinking") return { type: "thinking", thinking: "", signature: "" };
  return { ...block, input: {} };
}

interface Delta {
  readonly type: string;
  readonly text?: string;
  readonly [field: string]: unknown;
}

function* blockDeltas(block: PlannedBlock, script: Script): Generator<Delta> {
  if (block.type === "text") {
    let padding = script.oversizedEventBytes ?? 0;
    for (const text of splitText(block.text, script.deltas)) {
      yield { type: "text_delta", text: padding > 0 ? text + "x".repeat(padding) : text };
      padding = 0;
    }
  } else if (block.type === "thinking") {
    for (const thinking of splitText(block.thinking)) yield { type: "thinking_delta", thinking };
    yield { type: "signature_delta", signature: block.signature };
  } else {
    const json = JSON.stringify(block.input);
    for (const text of splitText(json, Math.ceil(json.length / toolDeltaLength))) {
      yield { type: "input_json_delta", partial_json: text };
    }
  }
}

/** Divides a text into `pieces` nearly equal parts (default: by length), never inside a surrogate pair. */
export function* splitText(
  text: string,
  pieces = Math.ceil(text.length / derivedDeltaLength),
): Generator<string> {
  let start = 0;
  for (let piece = 1; piece <= pieces && start < text.length; piece++) {
    let end = Math.max(start + 1, Math.round((piece * text.length) / pieces));
    if (end < text.length && isLowSurrogate(text, end)) end++;
    yield text.slice(start, end);
    start = end;
  }
}

function partialUsage(usage: Usage, share: number): Usage {
  const output = typeof usage.output_tokens === "number" ? usage.output_tokens : 1;
  return { ...usage, output_tokens: Math.max(1, Math.floor(output * share)) };
}
