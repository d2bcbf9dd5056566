"use client";

import { memo } from "react";
import { CopyButton } from "@/components/ui/CopyButton";
import { AnswerAnnouncer } from "./AnswerAnnouncer";
import { AnswerBlocks } from "./AnswerBlocks";
import { AnswerLedger } from "./AnswerLedger";
import { AnswerProblem } from "./AnswerProblem";
import { type AnswerError, type AnswerSnapshot, answerText } from "./answerAccumulator";
import type { AnswerRow } from "./chatRows";
import { useAnswer } from "./useAnswer";

type AnswerProps = { row: AnswerRow; onRetry: (prompt: string) => void };

/** An answer: as it streams while it is generated, as it was stored afterwards. */
export const Answer = memo(function Answer({ row, onRetry }: AnswerProps) {
  const isStreaming = row.status === "streaming";
  // A failed answer is read once more: its last page says what went wrong in the words of the API.
  const live = useAnswer(isStreaming || row.status === "failed" ? row.requestId : null);
  const blocks = isStreaming ? live.blocks : row.blocks;
  const text = answerText(blocks);
  return (
    <article aria-label="Answer" aria-busy={isStreaming} className="group/answer min-w-0">
      <AnswerBlocks blocks={blocks} isStreaming={isStreaming} />
      {row.status === "failed" && (
        <div className="not-first:mt-3">
          <AnswerProblem error={errorOf(row, live)} onRetry={() => onRetry(row.prompt)} />
        </div>
      )}
      <footer className="mt-2 flex min-h-8 items-center gap-2">
        {isStreaming && <LiveMark isFinished={live.isFinished} />}
        {row.status === "stopped" && (
          <span className="rounded-full bg-muted px-2 py-0.5 text-xs font-medium text-muted-foreground">
            Stopped
          </span>
        )}
        {row.ledger !== null && <AnswerLedger ledger={row.ledger} model={row.model} />}
        {!isStreaming && text !== "" && (
          <CopyButton text={text} label="answer" isCompact className="-my-1 ml-auto size-7" />
        )}
      </footer>
      <AnswerAnnouncer text={text} isStreaming={isStreaming} />
    </article>
  );
});

function LiveMark({ isFinished }: { isFinished: boolean }) {
  return (
    <span className="inline-flex items-center gap-2 text-xs text-muted-foreground">
      <span aria-hidden className="relative inline-flex size-2">
        <span className="absolute inline-flex size-full animate-ping rounded-full bg-primary opacity-60" />
        <span className="inline-flex size-2 rounded-full bg-primary" />
      </span>
      {isFinished ? "Finishing" : "Answering"}
    </span>
  );
}

function errorOf(row: AnswerRow, live: AnswerSnapshot): AnswerError {
  const message = row.errorMessage ?? live.error?.message ?? "The answer ended early.";
  return { type: live.error?.type ?? "failed", message, requestId: row.requestId };
}
