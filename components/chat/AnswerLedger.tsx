import { formatCount } from "@/components/ui/format/formatCount";
import { formatNanoUsdExact } from "@/components/ui/format/formatNanoUsd";
import { formatDurationMs } from "@/components/ui/format/formatTime";
import type { Ledger } from "./chatRows";

/** What an answer used and cost: the figures of its row in the usage log, unrounded. */
export function AnswerLedger({ ledger, model }: { ledger: Ledger; model: string | null }) {
  return (
    <ul
      aria-label="Usage of this answer"
      className="flex flex-wrap items-center gap-y-0.5 text-xs text-muted-foreground tabular-nums"
    >
      {ledgerItems(ledger, model).map((item) => (
        <li key={item} className="not-last:after:mx-1.5 not-last:after:content-['·']">
          {item}
        </li>
      ))}
    </ul>
  );
}

function ledgerItems(ledger: Ledger, model: string | null): string[] {
  const { tokens, costNanoUsd, timeToFirstTokenMs, startedAt, endedAt, usageSource } = ledger;
  const items: string[] = [];
  if (model !== null) items.push(model);
  if (tokens) {
    const cacheWrites = tokens.cacheCreation5mInputTokens + tokens.cacheCreation1hInputTokens;
    items.push(`${formatCount(tokens.inputTokens)} in`);
    if (tokens.cacheReadInputTokens > 0) items.push(`${formatCount(tokens.cacheReadInputTokens)} cache read`);
    if (cacheWrites > 0) items.push(`${formatCount(cacheWrites)} cache write`);
    items.push(`${formatCount(tokens.outputTokens)} out`);
  }
  if (typeof costNanoUsd === "number") items.push(formatNanoUsdExact(costNanoUsd));
  if (typeof timeToFirstTokenMs === "number") {
    items.push(`first token ${formatDurationMs(timeToFirstTokenMs)}`);
  }
  if (typeof endedAt === "number") items.push(`total ${formatDurationMs(endedAt - startedAt)}`);
  if (usageSource === "estimated") items.push("estimated");
  return items;
}
