"use client";

import { type AnswerBlock, textField } from "./answerAccumulator";
import { JsonBlock } from "./JsonBlock";
import { Markdown } from "./Markdown";
import { ThinkingBlock } from "./ThinkingBlock";

/** The content blocks of an answer in their order. */
export function AnswerBlocks({
  blocks,
  isStreaming,
}: {
  blocks: readonly AnswerBlock[];
  isStreaming: boolean;
}) {
  return (
    <div className="space-y-4">
      {blocks.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a block's place in an answer never changes.
        <Block key={index} block={block} isStreaming={isStreaming && !block.isComplete} />
      ))}
    </div>
  );
}

function Block({ block, isStreaming }: { block: AnswerBlock; isStreaming: boolean }) {
  const { content, inputJson } = block;
  switch (content.type) {
    case "text": {
      const text = textField(content, "text");
      return text === "" ? null : <Markdown text={text} isStreaming={isStreaming} />;
    }
    case "thinking":
      return <ThinkingBlock text={textField(content, "thinking")} isStreaming={isStreaming} />;
    case "redacted_thinking":
      return <ThinkingBlock text="Claude's thinking is encrypted here." isStreaming={false} />;
    case "tool_use":
    case "server_tool_use":
      return (
        <JsonBlock
          title={`Tool call: ${textField(content, "name")}`}
          json={inputJson || prettyJson(content.input)}
        />
      );
    default:
      return <JsonBlock title={content.type} json={prettyJson(content)} />;
  }
}

function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "";
}
