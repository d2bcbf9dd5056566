import type { ReactNode } from "react";
import { Badge } from "@/components/ui/Badge";
import { CopyButton } from "@/components/ui/CopyButton";
import { Dialog } from "@/components/ui/Dialog";
import { formatCount } from "@/components/ui/format/formatCount";
import { formatNanoUsdExact } from "@/components/ui/format/formatNanoUsd";
import { formatTime } from "@/components/ui/format/formatTime";
import { Notice } from "@/components/ui/Notice";
import {
  latencyText,
  NO_VALUE,
  type RequestRow,
  requestSource,
  requestStatus,
  timeToFirstTokenText,
} from "./RequestRow";

/** Everything that the ledger knows about one request. */
export function RequestDialog({ row, onClose }: { row: RequestRow; onClose: () => void }) {
  const status = requestStatus(row);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="lg"
      title="Request"
      description={`${row.endpoint}, ${formatTime(row.startedAt)}`}
    >
      <div className="flex flex-col gap-5">
        {row.errorMessage !== null && (
          <Notice tone={status.tone === "danger" ? "danger" : "warning"}>
            <span className="font-medium">{row.errorType ?? "Error"}</span>
            {row.httpStatus !== null && ` (HTTP ${row.httpStatus})`}: {row.errorMessage}
          </Notice>
        )}
        <Facts title="Request">
          <Fact name="Status">
            <Badge tone={status.tone} isPulsing={row.status === "running"}>
              {status.word}
            </Badge>
          </Fact>
          <Fact name="Model">{modelText(row)}</Fact>
          <Fact name="Source">{requestSource(row)}</Fact>
          <Fact name="Member">{row.memberEmail}</Fact>
          <Fact name="Answer">{row.isStreaming ? "Streamed" : "In one piece"}</Fact>
          <Fact name="Stop reason">{row.stopReason ?? NO_VALUE}</Fact>
          <Fact name="First token">{timeToFirstTokenText(row)}</Fact>
          <Fact name="Duration">{latencyText(row)}</Fact>
        </Facts>
        <Facts title="Money">
          <Fact name="Reserved">{reservedText(row)}</Fact>
          <Fact name="Settled">{settledText(row)}</Fact>
          <TokenFacts row={row} />
        </Facts>
        <Facts title="Identifiers">
          <Identifier name="Request id" value={row.requestId} />
          {row.anthropicRequestId !== null && (
            <Identifier name="Anthropic’s request id" value={row.anthropicRequestId} />
          )}
          {row.session !== null && <Identifier name="Claude Code session" value={row.session.sessionId} />}
          {row.session?.agentId !== undefined && (
            <Identifier name="Claude Code agent" value={row.session.agentId} />
          )}
        </Facts>
      </div>
    </Dialog>
  );
}

function TokenFacts({ row: { tokens } }: { row: RequestRow }) {
  if (tokens === null) return <Fact name="Tokens">{NO_VALUE}</Fact>;
  const cacheWrites = tokens.cacheCreation5mInputTokens + tokens.cacheCreation1hInputTokens;
  return (
    <>
      <Fact name="Tokens in">{formatCount(tokens.inputTokens)}</Fact>
      <Fact name="Tokens out">{formatCount(tokens.outputTokens)}</Fact>
      {tokens.cacheReadInputTokens > 0 && (
        <Fact name="Cache reads">{formatCount(tokens.cacheReadInputTokens)}</Fact>
      )}
      {cacheWrites > 0 && <Fact name="Cache writes">{formatCount(cacheWrites)}</Fact>}
      {tokens.webSearchRequests > 0 && (
        <Fact name="Web searches">{formatCount(tokens.webSearchRequests)}</Fact>
      )}
    </>
  );
}

function Facts({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1 text-xs font-medium tracking-wide text-muted-foreground uppercase">{title}</h3>
      <dl className="grid gap-x-8 text-sm sm:grid-cols-2">{children}</dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex min-h-9 items-center justify-between gap-4 border-b border-border py-1.5">
      <dt className="shrink-0 text-muted-foreground">{name}</dt>
      <dd className="min-w-0 text-right tabular-nums [overflow-wrap:anywhere]">{children}</dd>
    </div>
  );
}

function Identifier({ name, value }: { name: string; value: string }) {
  return (
    <div className="flex min-h-9 items-center justify-between gap-4 border-b border-border py-1 sm:col-span-2">
      <dt className="shrink-0 text-muted-foreground">{name}</dt>
      <dd className="flex min-w-0 items-center gap-1">
        <span className="truncate font-mono text-[0.8125rem]">{value}</span>
        <CopyButton text={value} label={name.toLowerCase()} isCompact />
      </dd>
    </div>
  );
}

function modelText(row: RequestRow): string {
  const isOther = row.servedModel !== null && row.servedModel !== row.model;
  return isOther ? `${row.model} → ${row.servedModel}` : row.model;
}

/** A reservation stands only while its request runs; settling releases it. */
function reservedText(row: RequestRow): string {
  if (row.status === "running") return formatNanoUsdExact(row.reservedNanoUsd);
  return row.status === "refused" ? "Nothing: the budget had no room" : "Released";
}

function settledText(row: RequestRow): string {
  if (row.costNanoUsd === null) return row.status === "running" ? "Not yet" : NO_VALUE;
  return `${formatNanoUsdExact(row.costNanoUsd)}${row.usageSource === "estimated" ? " (estimated)" : ""}`;
}
