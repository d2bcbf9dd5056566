import type { ComponentProps } from "react";
import { cn } from "./cn";

/** A table that scrolls inside its card when it must. `label` names it. */
export function Table({ label, className, ...props }: ComponentProps<"table"> & { label: string }) {
  return (
    <div className="overflow-x-auto">
      <table aria-label={label} className={cn("w-full border-collapse text-sm", className)} {...props} />
    </div>
  );
}

export function TableHeadCell({
  isNumeric = false,
  className,
  ...props
}: ComponentProps<"th"> & { isNumeric?: boolean }) {
  return (
    <th
      scope="col"
      className={cn(
        "border-b border-border px-3 py-2.5 text-xs font-medium whitespace-nowrap text-muted-foreground first:pl-5 last:pr-5",
        isNumeric ? "text-right" : "text-left",
        className,
      )}
      {...props}
    />
  );
}

export function TableCell({
  isNumeric = false,
  className,
  ...props
}: ComponentProps<"td"> & { isNumeric?: boolean }) {
  return (
    <td
      className={cn(
        "px-3 py-2.5 align-middle first:pl-5 last:pr-5",
        isNumeric && "text-right tabular-nums",
        className,
      )}
      {...props}
    />
  );
}
