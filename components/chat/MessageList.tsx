"use client";

import { ArrowDown } from "lucide-react";
import { StickToBottom, useStickToBottomContext } from "use-stick-to-bottom";
import { Button } from "@/components/ui/Button";
import { Answer } from "./Answer";
import type { ChatRow } from "./chatRows";
import { Question } from "./Question";

type MessageListProps = {
  rows: readonly ChatRow[];
  onRetry: (prompt: string) => void;
  /** Null when there are no earlier messages. */
  onLoadEarlier: (() => void) | null;
};

/**
 * The messages, oldest first. Follows a growing answer until the reader scrolls up; what scrolls sideways inside has
 * `overflow-y-hidden`, or `use-stick-to-bottom` takes a turn of the wheel above it for that element's own.
 */
export function MessageList({ rows, onRetry, onLoadEarlier }: MessageListProps) {
  return (
    <StickToBottom className="relative min-h-0 flex-1" initial="instant" resize="instant">
      <StickToBottom.Content
        scrollClassName="overscroll-contain"
        className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 pt-6 pb-8 sm:px-6"
      >
        {onLoadEarlier !== null && (
          <Button size="sm" variant="ghost" className="self-center" onClick={onLoadEarlier}>
            Show earlier messages
          </Button>
        )}
        {rows.map((row) =>
          row.kind === "prompt" ? (
            <Question key={row.key} text={row.text} />
          ) : (
            <Answer key={row.key} row={row} onRetry={onRetry} />
          ),
        )}
      </StickToBottom.Content>
      <JumpToLatest />
    </StickToBottom>
  );
}

function JumpToLatest() {
  const { isAtBottom, scrollToBottom } = useStickToBottomContext();
  if (isAtBottom) return null;
  return (
    <Button
      size="sm"
      className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full shadow-float"
      onClick={() => void scrollToBottom("instant")}
    >
      <ArrowDown aria-hidden className="size-3.5" />
      Latest
    </Button>
  );
}
