import type { FunctionReturnType } from "convex/server";
import { cn } from "@/components/ui/cn";
import { formatNanoUsd } from "@/components/ui/format/formatNanoUsd";
import { formatRelative } from "@/components/ui/format/formatTime";
import type { api } from "@/convex/_generated/api";

export type LimitUsage = FunctionReturnType<typeof api.budgets.list>["gateway"]["usage"];
type Window = LimitUsage["windows"][number];

const NAMES = { day: "Today", month: "This month", total: "In total" };
const NEARLY_SPENT_RATIO = 0.8;

/** What is spent and what running requests hold of every budget, window by window. */
export function SpendWindows({ usage }: { usage: LimitUsage }) {
  if (usage.windows.length === 0) return <p className="text-sm text-muted-foreground">No budget</p>;
  return (
    <ul className="flex w-full flex-col gap-4">
      {usage.windows.map((window) => (
        <li key={window.window}>
          <SpendWindow window={window} />
        </li>
      ))}
    </ul>
  );
}

function SpendWindow({ window }: { window: Window }) {
  const { budgetNanoUsd, settledNanoUsd, reservedNanoUsd, resetsAt } = window;
  const share = (amount: number) =>
    budgetNanoUsd === 0 ? 100 : Math.max(0, Math.min(100, (amount / budgetNanoUsd) * 100));
  const spent = share(settledNanoUsd);
  return (
    <div className="flex flex-col gap-1.5 text-sm tabular-nums">
      <div className="flex flex-wrap justify-between gap-x-4">
        <span className="font-medium">{NAMES[window.window]}</span>
        <span>
          {formatNanoUsd(settledNanoUsd)} spent
          {reservedNanoUsd > 0 && ` + ${formatNanoUsd(reservedNanoUsd)} reserved`}
          <span className="text-muted-foreground"> of {formatNanoUsd(budgetNanoUsd)}</span>
        </span>
      </div>
      <div aria-hidden className="flex h-1.5 overflow-hidden rounded-full bg-muted">
        <span
          className={cn("block h-full", spent >= NEARLY_SPENT_RATIO * 100 ? "bg-destructive" : "bg-primary")}
          style={{ width: `${spent}%` }}
        />
        <span
          className="block h-full bg-primary/35"
          style={{ width: `${Math.min(100 - spent, share(reservedNanoUsd))}%` }}
        />
      </div>
      {resetsAt !== null && (
        <span className="text-[0.8125rem] text-muted-foreground">Starts anew {formatRelative(resetsAt)}</span>
      )}
    </div>
  );
}
