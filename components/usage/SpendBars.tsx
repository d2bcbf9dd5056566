import { formatNanoUsd } from "@/components/ui/format/formatNanoUsd";
import { formatUtcDay } from "@/components/ui/format/formatTime";

type Day = { dayAt: number; requests: number; costNanoUsd: number };

const GAP_RATIO = 0.28;
/** A day that cost something stays visible beside one that cost a thousand times more. */
const BAR_HEIGHT_MIN_PERCENT = 1.5;

/** One bar a day, oldest left. Readers without sight get the sum and the peak; the table beside it has every number. */
export function SpendBars({ days }: { days: Day[] }) {
  const peak = Math.max(...days.map((day) => day.costNanoUsd));
  const total = days.reduce((sum, day) => sum + day.costNanoUsd, 0);
  const step = 100 / days.length;
  return (
    <figure className="flex h-full min-h-52 flex-col gap-2">
      <div className="relative flex-1">
        <svg
          role="img"
          aria-label={`Spend of the last ${days.length} days: ${formatNanoUsd(total)} in all, ${formatNanoUsd(peak)} on the dearest day.`}
          className="absolute inset-0 size-full overflow-visible"
        >
          {[0, 50, 100].map((percent) => (
            <line
              key={percent}
              x1="0"
              x2="100%"
              y1={`${percent}%`}
              y2={`${percent}%`}
              className="stroke-border"
              strokeDasharray={percent === 100 ? undefined : "3 4"}
            />
          ))}
          {days.map((day, index) => {
            const height = barHeightPercent(day.costNanoUsd, peak);
            return (
              <g key={day.dayAt} className="group">
                <title>{`${formatUtcDay(day.dayAt)}: ${formatNanoUsd(day.costNanoUsd)}, ${day.requests} requests`}</title>
                <rect
                  x={`${index * step}%`}
                  width={`${step}%`}
                  height="100%"
                  className="fill-transparent group-hover:fill-muted"
                />
                <rect
                  x={`${(index + GAP_RATIO / 2) * step}%`}
                  width={`${(1 - GAP_RATIO) * step}%`}
                  y={`${100 - height}%`}
                  height={`${height}%`}
                  rx="2"
                  className="fill-primary"
                />
              </g>
            );
          })}
        </svg>
        {peak > 0 && (
          <span className="absolute -top-2.5 right-0 bg-card pl-1.5 text-xs text-muted-foreground tabular-nums">
            {formatNanoUsd(peak)}
          </span>
        )}
        {peak === 0 && (
          <span className="absolute inset-0 flex items-center justify-center text-sm text-muted-foreground">
            <span className="bg-card px-2">Nothing was spent yet.</span>
          </span>
        )}
      </div>
      <figcaption aria-hidden className="flex justify-between text-xs text-muted-foreground tabular-nums">
        {[0, Math.floor(days.length / 2), days.length - 1].map((index) => (
          <span key={index}>
            {index === days.length - 1 ? "Today" : formatUtcDay(days[index]?.dayAt ?? 0)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function barHeightPercent(costNanoUsd: number, peakNanoUsd: number): number {
  if (costNanoUsd === 0) return 0;
  return Math.max(BAR_HEIGHT_MIN_PERCENT, (costNanoUsd / peakNanoUsd) * 100);
}
