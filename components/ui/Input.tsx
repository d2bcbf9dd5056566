import type { ComponentProps } from "react";
import { cn } from "./cn";

export const CONTROL_CLASSES = cn(
  "w-full min-w-0 rounded-md border border-input bg-card px-3 text-sm text-foreground shadow-soft transition-colors",
  "placeholder:text-muted-foreground hover:border-muted-foreground/60",
  "focus-visible:border-ring focus-visible:outline-2 focus-visible:outline-offset-0 focus-visible:outline-ring/40",
  "disabled:cursor-not-allowed disabled:opacity-60",
  "aria-invalid:border-destructive",
);

/** A one-line text field. Put it into a `Field`, which labels it. */
export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input className={cn(CONTROL_CLASSES, "h-9", className)} {...props} />;
}

/** A text field of several lines. */
export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return (
    <textarea
      className={cn(CONTROL_CLASSES, "min-h-20 resize-y py-2 leading-relaxed", className)}
      {...props}
    />
  );
}
