import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

/** Says that there is nothing yet, and what to do next. */
export function EmptyState({
  icon: Icon,
  title,
  children,
  action,
  heading: Heading = "h2",
}: {
  icon: LucideIcon;
  title: string;
  children: ReactNode;
  action?: ReactNode;
  /** `h1` where it is all that a page shows. */
  heading?: "h1" | "h2";
}) {
  return (
    <div className="flex flex-col items-center px-6 py-14 text-center">
      <span className="mb-4 inline-flex size-11 items-center justify-center rounded-xl border border-border bg-muted text-muted-foreground">
        <Icon aria-hidden className="size-5" />
      </span>
      <Heading className="text-[0.9375rem] font-semibold">{title}</Heading>
      <div className="mt-1 max-w-sm text-sm text-pretty text-muted-foreground">{children}</div>
      {action !== undefined && <div className="mt-5 max-w-full">{action}</div>}
    </div>
  );
}
