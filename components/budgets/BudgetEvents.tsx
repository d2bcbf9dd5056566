"use client";

import { usePaginatedQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { Badge } from "@/components/ui/Badge";
import { formatNanoUsd } from "@/components/ui/format/formatNanoUsd";
import { formatTime } from "@/components/ui/format/formatTime";
import { ShowOlder } from "@/components/ui/ShowOlder";
import { TitledCard } from "@/components/ui/TitledCard";
import { api } from "@/convex/_generated/api";

type BudgetEvent = FunctionReturnType<typeof api.budgets.listEvents>["page"][number];

const PAGE_SIZE = 10;
const WINDOWS = { day: "daily", month: "monthly", total: "total" };

/** Budgets that reached 50, 80 or 100 % or ran out, newest first. */
export function BudgetEvents() {
  const { results, status, loadMore } = usePaginatedQuery(
    api.budgets.listEvents,
    {},
    { initialNumItems: PAGE_SIZE },
  );
  if (results.length === 0) return null;
  return (
    <TitledCard className="overflow-hidden" title="Reached thresholds">
      <ul className="divide-y divide-border">
        {results.map((event) => (
          <li key={event._id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-5 py-3 text-sm">
            <Badge tone={event.percent === 100 ? "danger" : "warning"}>
              {event.type === "budget.exhausted" ? "Exhausted" : `${event.percent} %`}
            </Badge>
            <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{sentence(event)}</span>
            <span className="text-muted-foreground tabular-nums">{formatTime(event.at)}</span>
          </li>
        ))}
      </ul>
      <ShowOlder status={status} onMore={() => loadMore(PAGE_SIZE)}>
        Show older ones
      </ShowOlder>
    </TitledCard>
  );
}

function sentence({ scope, name, window, settledNanoUsd, budgetNanoUsd }: BudgetEvent): string {
  const owner = scope === "gateway" ? "The gateway" : `${scope === "key" ? "Key" : "Member"} ${name}`;
  return `${owner}: ${formatNanoUsd(settledNanoUsd)} of the ${WINDOWS[window]} budget of ${formatNanoUsd(budgetNanoUsd)}`;
}
