import type { ReactNode } from "react";
import { cn } from "./cn";

export type Tone = "neutral" | "success" | "warning" | "danger" | "info" | "accent";

const TONES: Record<Tone, string> = {
  neutral: "bg-muted text-muted-foreground",
  success: "bg-success-soft text-success",
  warning: "bg-warning-soft text-warning",
  danger: "bg-danger-soft text-destructive",
  info: "bg-info-soft text-info",
  accent: "bg-accent text-accent-foreground",
};

/** A short state in words. The colour only repeats what the word says. */
export function Badge({
  tone = "neutral",
  isPulsing = false,
  children,
}: {
  tone?: Tone;
  isPulsing?: boolean;
  children: ReactNode;
}) {
  return (
    <span
      className={cn(
        "inline-flex items-center gap-1.5 whitespace-nowrap rounded-full px-2 py-0.5 text-xs font-medium leading-5",
        TONES[tone],
      )}
    >
      <span aria-hidden className={cn("size-1.5 rounded-full bg-current", isPulsing && "animate-pulse")} />
      {children}
    </span>
  );
}
