import { Badge } from "@/components/ui/Badge";
import { formatNanoUsd } from "@/components/ui/format/formatNanoUsd";
import { formatTime } from "@/components/ui/format/formatTime";
import {
  inputTokensText,
  latencyText,
  NO_VALUE,
  outputTokensText,
  type RequestRow,
  requestSource,
  requestStatus,
} from "./RequestRow";
import type { RequestListProps } from "./RequestTable";

/** The log at phone width. */
export function RequestCards({ rows, onOpen }: RequestListProps) {
  return (
    <ul aria-label="Requests" className="divide-y divide-border md:hidden">
      {rows.map((row) => (
        <li key={row._id}>
          <RequestCard row={row} onOpen={onOpen} />
        </li>
      ))}
    </ul>
  );
}

function RequestCard({ row, onOpen }: { row: RequestRow; onOpen: (id: string) => void }) {
  const status = requestStatus(row);
  return (
    <button
      type="button"
      onClick={() => onOpen(row._id)}
      className="flex w-full flex-col gap-1.5 px-4 py-3.5 text-left text-sm -outline-offset-2 hover:bg-muted/60"
    >
      <span className="flex w-full items-center justify-between gap-3">
        <span className="truncate font-medium">{row.model}</span>
        <Badge tone={status.tone} isPulsing={row.status === "running"}>
          {status.word}
        </Badge>
      </span>
      <span className="flex w-full justify-between gap-3 text-[0.8125rem] text-muted-foreground">
        <span className="truncate">
          {formatTime(row.startedAt)} · {requestSource(row)}
        </span>
        <span className="font-medium text-foreground tabular-nums">
          {row.costNanoUsd === null ? NO_VALUE : formatNanoUsd(row.costNanoUsd)}
        </span>
      </span>
      <span className="text-[0.8125rem] text-muted-foreground tabular-nums">
        {inputTokensText(row)} in · {outputTokensText(row)} out · {latencyText(row)}
      </span>
    </button>
  );
}
