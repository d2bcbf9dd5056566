import { cn } from "@/components/ui/cn";
import { formatNanoUsd } from "@/components/ui/format/formatNanoUsd";
import type { ApiKey } from "./ApiKey";

const NEARLY_SPENT_RATIO = 0.8;

/** What is spent of the key's monthly budget, or of another one that it has. */
export function SpentOfBudget({ apiKey }: { apiKey: ApiKey }) {
  const { windows } = apiKey.usage;
  const shown = windows.find(({ window }) => window === "month") ?? windows[0];
  if (!shown) return <span className="text-sm text-muted-foreground">No budget</span>;
  const { budgetNanoUsd: budget, settledNanoUsd: spent } = shown;
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
