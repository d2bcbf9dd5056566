import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

/** A page of cards: its heading, one sentence on what it is for, its main action, and the content. */
export function Page({
  title,
  description,
  action,
  width = "wide",
  children,
}: {
  title: string;
  description: ReactNode;
  action?: ReactNode;
  width?: "wide" | "narrow";
  children: ReactNode;
}) {
  return (
    <div
      className={cn(
        "mx-auto w-full px-4 py-8 sm:px-6 sm:py-10",
        width === "wide" ? "max-w-6xl" : "max-w-3xl",
      )}
    >
      <div className="mb-6 flex flex-wrap items-end justify-between gap-4">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold">{title}</h1>
          <p className="mt-1 max-w-2xl text-sm text-pretty text-muted-foreground">{description}</p>
        </div>
        {action}
      </div>
      {children}
    </div>
  );
}
