import { cn } from "@/components/ui/cn";
import { formatNanoUsd } from "@/components/ui/format/formatNanoUsd";
import type { ApiKey } from "./ApiKey";

const NEARLY_SPENT_RATIO = 0.8;

/** This month's spend against the key's budget. Spend is counted per key only where there is a budget to hold. */
export function SpentOfBudget({ apiKey }: { apiKey: ApiKey }) {
  const budget = apiKey.limits.monthlyBudgetNanoUsd;
  if (budget === undefined) return <span className="text-sm text-muted-foreground">No budget</span>;
  const spent = apiKey.spentThisMonthNanoUsd ?? 0;
  const ratio = budget === 0 ? 1 : Math.min(1, spent / budget);
  return (
    <div className="flex w-full max-w-52 flex-col gap-1.5 text-sm tabular-nums">
      <span className="whitespace-nowrap">
        {formatNanoUsd(spent)} <span className="text-muted-foreground">of {formatNanoUsd(budget)}</span>
      </span>
      <span aria-hidden className="block h-1 overflow-hidden rounded-full bg-muted">
        <span
          className={cn(
            "block h-full rounded-full",
            ratio >= NEARLY_SPENT_RATIO ? "bg-destructive" : "bg-primary",
          )}
          style={{ width: `${ratio * 100}%` }}
        />
      </span>
    </div>
  );
}
