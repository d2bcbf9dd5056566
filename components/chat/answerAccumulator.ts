import { createParser } from "eventsource-parser";

/** One of Anthropic's content blocks; kinds and fields that the chat does not know are kept. */
export type ContentBlock = { type: string; [field: string]: unknown };

/** A block as far as it has arrived. `inputJson` is a tool's input while it is still incomplete JSON. */
export type AnswerBlock = { content: ContentBlock; isComplete: boolean; inputJson: string };

/** What the gateway says of a failure, in Anthropic's words. */
export type AnswerError = { type: string; message: string; requestId: string | null };

/** An answer as far as it is known. `eventCount` tells which of two readings of one answer is further. */
export type AnswerSnapshot = {
  blocks: readonly AnswerBlock[];
  error: AnswerError | null;
  isFinished: boolean;
  eventCount: number;
};

export const EMPTY_ANSWER: AnswerSnapshot = { blocks: [], error: null, isFinished: false, eventCount: 0 };

export type AnswerAccumulator = {
  /** Takes the next piece of SSE text, split anywhere. */
  feed(text: string): void;
  /** The answer so far; the same object until something changed. */
  snapshot(): AnswerSnapshot;
};

/** Builds content blocks from the SSE text of one answer. Events whose `id:` was seen before are ignored. */
export function createAnswerAccumulator(): AnswerAccumulator {
  const blocks = new Map<number, AnswerBlock>();
  const seenIds = new Set<string>();
  let current = EMPTY_ANSWER;
  let hasChanged = false;
  let progress: Omit<AnswerSnapshot, "blocks"> = EMPTY_ANSWER;

  const parser = createParser({
    onEvent({ id, data }) {
      if (id !== undefined) {
        if (seenIds.has(id)) return;
        seenIds.add(id);
      }
      const event: unknown = JSON.parse(data);
      if (!isRecord(event)) return;
      applyToBlocks(blocks, event);
      progress = advance(progress, event);
      hasChanged = true;
    },
  });

  return {
    feed: (text) => parser.feed(text),
    snapshot() {
      if (hasChanged) current = { ...progress, blocks: [...blocks.values()] };
      hasChanged = false;
      return current;
    },
  };
}

/** Blocks that were stored whole, in the form in which streamed ones are shown. */
export function completeBlocks(contents: readonly ContentBlock[]): AnswerBlock[] {
  return contents.map((content) => ({ content, isComplete: true, inputJson: "" }));
}

/** The answer's own words: its text blocks, without thinking and tools. */
export function answerText(blocks: readonly AnswerBlock[]): string {
  return blocks
    .map(({ content }) => (content.type === "text" ? textField(content, "text") : ""))
    .filter((text) => text !== "")
    .join("\n\n");
}

/** Reads Anthropic's error envelope; null when the value is none. */
export function parseErrorEnvelope(value: unknown): AnswerError | null {
  if (!isRecord(value) || !isRecord(value.error)) return null;
  return {
    type: textField(value.error, "type") || "api_error",
    message: textField(value.error, "message"),
    requestId: textField(value, "request_id") || null,
  };
}

/** A string field, or "" where there is none. */
export function textField(record: Record<string, unknown>, name: string): string {
  const value = record[name];
  return typeof value === "string" ? value : "";
}

function advance(
  progress: Omit<AnswerSnapshot, "blocks">,
  event: Record<string, unknown>,
): Omit<AnswerSnapshot, "blocks"> {
  const error = event.type === "error" ? parseErrorEnvelope(event) : progress.error;
  return {
    error,
    isFinished: progress.isFinished || event.type === "message_stop" || event.type === "error",
    eventCount: progress.eventCount + (event.type === "ping" ? 0 : 1),
  };
}

function applyToBlocks(blocks: Map<number, AnswerBlock>, event: Record<string, unknown>): void {
  const { type, index } = event;
  if (typeof index !== "number") return;
  if (type === "content_block_start") {
    if (isContentBlock(event.content_block)) {
      blocks.set(index, { content: event.content_block, isComplete: false, inputJson: "" });
    }
    return;
  }
  const block = blocks.get(index);
  if (block === undefined) return;
  if (type === "content_block_delta" && isRecord(event.delta))
    blocks.set(index, withDelta(block, event.delta));
  if (type === "content_block_stop") blocks.set(index, withInput({ ...block, isComplete: true }));
}

function withDelta(block: AnswerBlock, delta: Record<string, unknown>): AnswerBlock {
  const { content } = block;
  switch (delta.type) {
    case "text_delta":
      return { ...block, content: appended(content, "text", delta) };
    case "thinking_delta":
      return { ...block, content: appended(content, "thinking", delta) };
    case "signature_delta":
      return { ...block, content: appended(content, "signature", delta) };
    case "input_json_delta":
      return { ...block, inputJson: block.inputJson + textField(delta, "partial_json") };
    case "citations_delta": {
      const citations = Array.isArray(content.citations) ? content.citations : [];
      return { ...block, content: { ...content, citations: [...citations, delta.citation] } };
    }
    default:
      return block;
  }
}

function appended(content: ContentBlock, field: string, delta: Record<string, unknown>): ContentBlock {
  return { ...content, [field]: textField(content, field) + textField(delta, field) };
}

/** An answer that was cut inside a tool's input has no valid JSON there; it is shown as it came. */
function withInput(block: AnswerBlock): AnswerBlock {
  if (block.inputJson === "") return block;
  try {
    const input: unknown = JSON.parse(block.inputJson);
    return { ...block, content: { ...block.content, input }, inputJson: "" };
  } catch {
    return block;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isContentBlock(value: unknown): value is ContentBlock {
  return isRecord(value) && typeof value.type === "string";
}
