import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";

export function Card({ className, ...props }: ComponentProps<"section">) {
  return (
    <section className={cn("rounded-xl border border-border bg-card shadow-soft", className)} {...props} />
  );
}

/** The head of a card: a title, an optional sentence, and what acts on the whole card at the right. */
export function CardHeader({
  title,
  description,
  action,
  titleId,
}: {
  title: ReactNode;
  description?: ReactNode;
  action?: ReactNode;
  titleId?: string;
}) {
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 border-b border-border px-5 py-4">
      <div className="min-w-0">
        <h2 id={titleId} className="text-[0.9375rem] font-semibold">
          {title}
        </h2>
        {description !== undefined && <p className="mt-0.5 text-sm text-muted-foreground">{description}</p>}
      </div>
      {action}
    </div>
  );
}
