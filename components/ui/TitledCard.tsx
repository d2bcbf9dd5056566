import { type ReactNode, useId } from "react";
import { Card } from "./Card";

/** A card named by its title, with an optional sentence, and what acts on the whole card at the right. */
export function TitledCard({
  title,
  description,
  action,
  className,
  children,
}: {
  title: ReactNode;
  description?: ReactNode;
  action?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  const titleId = useId();
  return (
    <Card aria-labelledby={titleId} className={className}>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 border-b border-border px-5 py-4">
        <div className="min-w-0">
          <h2 id={titleId} className="text-[0.9375rem] font-semibold">
            {title}
          </h2>
          {description !== undefined && <p className="mt-0.5 text-sm text-muted-foreground">{description}</p>}
        </div>
        {action}
      </div>
      {children}
    </Card>
  );
}
