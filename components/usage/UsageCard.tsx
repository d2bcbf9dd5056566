import type { FunctionReturnType } from "convex/server";
import { Card } from "@/components/ui/Card";
import { cn } from "@/components/ui/cn";
import { formatCount, formatCountShort } from "@/components/ui/format/formatCount";
import { formatNanoUsd } from "@/components/ui/format/formatNanoUsd";
import { Skeleton } from "@/components/ui/Skeleton";
import type { api } from "@/convex/_generated/api";

type Usage = FunctionReturnType<typeof api.usage.summary>["today"];

/** Spend, requests, errors and tokens of one period. */
export function UsageCard({ title, usage }: { title: string; usage: Usage | undefined }) {
  return (
    <Card aria-label={title} className="flex flex-col justify-between gap-4 p-5">
      <div>
        <h2 className="text-sm font-medium text-muted-foreground">{title}</h2>
        <p className="mt-1 text-3xl font-semibold tracking-tight tabular-nums">
          {usage === undefined ? <Skeleton className="h-9 w-32" /> : formatNanoUsd(usage.costNanoUsd)}
        </p>
      </div>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-2.5 text-sm">
        <Figure name="Requests" value={usage && formatCount(usage.requests)} />
        <Figure
          name="Errors"
          value={usage && formatCount(usage.errors)}
          isAlarming={usage !== undefined && usage.errors > 0}
        />
        <Figure name="Tokens in" value={usage && formatCountShort(usage.inputTokens)} />
        <Figure name="Tokens out" value={usage && formatCountShort(usage.outputTokens)} />
      </dl>
    </Card>
  );
}

function Figure({
  name,
  value,
  isAlarming = false,
}: {
  name: string;
  value: string | undefined;
  isAlarming?: boolean;
}) {
  return (
    <div className="flex items-baseline justify-between gap-2 border-t border-border pt-2">
      <dt className="text-muted-foreground">{name}</dt>
      <dd className={cn("font-medium tabular-nums", isAlarming && "text-destructive")}>
        {value ?? <Skeleton className="inline-block h-4 w-8" />}
      </dd>
    </div>
  );
}
