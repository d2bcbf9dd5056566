import { RotateCcw } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/Button";
import { CopyButton } from "@/components/ui/CopyButton";
import { Notice } from "@/components/ui/Notice";
import type { AnswerError } from "./answerAccumulator";

/** Why there is no answer, or not all of it, with the request id to look for in the usage log. */
export function AnswerProblem({
  error,
  onRetry,
  children,
}: {
  error: AnswerError;
  onRetry?: () => void;
  children?: ReactNode;
}) {
  return (
    <Notice tone="danger">
      <p>
        <span className="font-mono text-[0.8125rem] font-medium">{error.type}</span>
        <span className="mx-1.5 text-muted-foreground">·</span>
        {error.message}
      </p>
      {error.requestId !== null && (
        <p className="mt-1 flex items-center gap-1 text-xs text-muted-foreground">
          Request <span className="font-mono">{error.requestId}</span>
          <CopyButton text={error.requestId} label="request id" isCompact className="size-7" />
        </p>
      )}
      <div className="mt-2 flex flex-wrap gap-2">
        {onRetry !== undefined && (
          <Button size="sm" onClick={onRetry}>
            <RotateCcw aria-hidden className="size-3.5" />
            Try again
          </Button>
        )}
        {children}
      </div>
    </Notice>
  );
}
