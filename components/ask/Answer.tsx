import type { FunctionReturnType } from "convex/server";
import { CopyButton } from "@/components/ui/CopyButton";
import { formatCount } from "@/components/ui/format/formatCount";
import { formatNanoUsd } from "@/components/ui/format/formatNanoUsd";
import type { api } from "@/convex/_generated/api";

/** The text as it came, and what it cost. */
export function Answer({ answer }: { answer: FunctionReturnType<typeof api.anthropic.callClaude> }) {
  return (
    <section aria-label="Answer" aria-live="polite" className="mt-5 border-t border-border pt-5">
      <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{answer.text}</p>
      <div className="mt-4 flex flex-wrap items-center gap-x-3 gap-y-1 text-[0.8125rem] text-muted-foreground tabular-nums">
        <span>{answer.model}</span>
        <span>{formatCount(answer.tokens.inputTokens)} tokens in</span>
        <span>{formatCount(answer.tokens.outputTokens)} tokens out</span>
        <span className="font-medium text-foreground">{formatNanoUsd(answer.costNanoUsd)}</span>
        {answer.stopReason === "max_tokens" && (
          <span className="text-warning">Cut off at the token limit</span>
        )}
        <span className="inline-flex min-w-0 items-center gap-1">
          <span className="truncate font-mono">{answer.requestId}</span>
          <CopyButton text={answer.requestId} label="request id" isCompact />
        </span>
      </div>
    </section>
  );
}
