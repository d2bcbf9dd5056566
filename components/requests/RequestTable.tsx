import { Badge } from "@/components/ui/Badge";
import { formatNanoUsd } from "@/components/ui/format/formatNanoUsd";
import { formatTime } from "@/components/ui/format/formatTime";
import { Table, TableCell, TableHeadCell } from "@/components/ui/Table";
import {
  inputTokensText,
  latencyText,
  NO_VALUE,
  outputTokensText,
  type RequestRow,
  requestSource,
  requestStatus,
  timeToFirstTokenText,
} from "./RequestRow";

export type RequestListProps = { rows: RequestRow[]; onOpen: (id: string) => void };

/** The log on a wide screen. The time in each row is the button that opens its details. */
export function RequestTable({ rows, onOpen }: RequestListProps) {
  return (
    <div className="max-md:hidden">
      <Table label="Requests">
        <thead>
          <tr>
            <TableHeadCell>Time</TableHeadCell>
            <TableHeadCell>Model</TableHeadCell>
            <TableHeadCell>Source</TableHeadCell>
            <TableHeadCell>Status</TableHeadCell>
            <TableHeadCell isNumeric>In</TableHeadCell>
            <TableHeadCell isNumeric>Out</TableHeadCell>
            <TableHeadCell isNumeric>Cost</TableHeadCell>
            <TableHeadCell isNumeric className="max-lg:hidden">
              <abbr title="Time to first token" className="no-underline">
                First token
              </abbr>
            </TableHeadCell>
            <TableHeadCell isNumeric>Duration</TableHeadCell>
          </tr>
        </thead>
        <tbody className="divide-y divide-border">
          {rows.map((row) => (
            <RequestTableRow key={row._id} row={row} onOpen={onOpen} />
          ))}
        </tbody>
      </Table>
    </div>
  );
}

function RequestTableRow({ row, onOpen }: { row: RequestRow; onOpen: (id: string) => void }) {
  const status = requestStatus(row);
  return (
    <tr className="relative transition-colors hover:bg-muted/60">
      <TableCell className="whitespace-nowrap">
        {/* The button's area covers the row, so that a click anywhere in it opens the details. */}
        <button
          type="button"
          onClick={() => onOpen(row._id)}
          aria-label={`Details of the request at ${formatTime(row.startedAt)}`}
          className="rounded tabular-nums after:absolute after:inset-0"
        >
          {formatTime(row.startedAt)}
        </button>
      </TableCell>
      <TableCell className="max-w-48 truncate">{row.model}</TableCell>
      <TableCell className="max-w-40 truncate text-muted-foreground">{requestSource(row)}</TableCell>
      <TableCell>
        <Badge tone={status.tone} isPulsing={row.status === "running"}>
          {status.word}
        </Badge>
      </TableCell>
      <TableCell isNumeric>{inputTokensText(row)}</TableCell>
      <TableCell isNumeric>{outputTokensText(row)}</TableCell>
      <TableCell isNumeric>{row.costNanoUsd === null ? NO_VALUE : formatNanoUsd(row.costNanoUsd)}</TableCell>
      <TableCell isNumeric className="whitespace-nowrap text-muted-foreground max-lg:hidden">
        {timeToFirstTokenText(row)}
      </TableCell>
      <TableCell isNumeric className="whitespace-nowrap text-muted-foreground">
        {latencyText(row)}
      </TableCell>
    </tr>
  );
}
