import type { FunctionReturnType } from "convex/server";
import { ChevronRight } from "lucide-react";
import { formatCount } from "@/components/ui/format/formatCount";
import { formatNanoUsd } from "@/components/ui/format/formatNanoUsd";
import { formatUtcDay } from "@/components/ui/format/formatTime";
import { Skeleton } from "@/components/ui/Skeleton";
import { Table, TableCell, TableHeadCell } from "@/components/ui/Table";
import { TitledCard } from "@/components/ui/TitledCard";
import type { api } from "@/convex/_generated/api";
import { SpendBars } from "./SpendBars";
import { fillDays } from "./utcDays";

const SHOWN_DAYS = 30;

type Days = FunctionReturnType<typeof api.usage.summary>["days"];

/** The last 30 days as bars, and the same numbers as a table. */
export function SpendByDay({ days, todayStartsAt }: { days: Days | undefined; todayStartsAt: number }) {
  const filled = days && fillDays(days, todayStartsAt, SHOWN_DAYS);
  return (
    <TitledCard
      className="flex min-w-0 flex-col"
      title="Spend by day"
      description={`The last ${SHOWN_DAYS} days`}
    >
      <div className="flex flex-1 flex-col gap-4 p-5">
        <div className="min-h-52 flex-1">
          {filled === undefined ? <Skeleton className="h-full min-h-52" /> : <SpendBars days={filled} />}
        </div>
        <details className="group text-sm">
          <summary className="inline-flex w-fit list-none items-center gap-1 rounded text-muted-foreground hover:text-foreground [&::-webkit-details-marker]:hidden">
            <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
            Show as a table
          </summary>
          <div className="-mx-5 mt-3 max-h-72 overflow-y-auto">{filled && <DaysTable days={filled} />}</div>
        </details>
      </div>
    </TitledCard>
  );
}

function DaysTable({ days }: { days: Days }) {
  return (
    <Table label="Spend by day">
      <thead>
        <tr>
          <TableHeadCell>Day</TableHeadCell>
          <TableHeadCell isNumeric>Requests</TableHeadCell>
          <TableHeadCell isNumeric>Errors</TableHeadCell>
          <TableHeadCell isNumeric>Spend</TableHeadCell>
        </tr>
      </thead>
      <tbody className="divide-y divide-border">
        {days.toReversed().map((day) => (
          <tr key={day.dayAt}>
            <TableCell className="whitespace-nowrap">{formatUtcDay(day.dayAt)}</TableCell>
            <TableCell isNumeric>{formatCount(day.requests)}</TableCell>
            <TableCell isNumeric>{formatCount(day.errors)}</TableCell>
            <TableCell isNumeric>{formatNanoUsd(day.costNanoUsd)}</TableCell>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
