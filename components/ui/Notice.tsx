import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "./cn";

const TONES = {
  info: { box: "border-info/25 bg-info-soft", icon: Info, ink: "text-info" },
  success: { box: "border-success/25 bg-success-soft", icon: CircleCheck, ink: "text-success" },
  warning: { box: "border-warning/30 bg-warning-soft", icon: TriangleAlert, ink: "text-warning" },
  danger: { box: "border-destructive/30 bg-danger-soft", icon: CircleAlert, ink: "text-destructive" },
} as const;

/** A message in the page. A `danger` one is announced at once. */
export function Notice({
  tone = "info",
  className,
  children,
}: {
  tone?: keyof typeof TONES;
  className?: string;
  children: ReactNode;
}) {
  const { box, icon: Icon, ink } = TONES[tone];
  return (
    <div
      role={tone === "danger" ? "alert" : "status"}
      className={cn("flex gap-2.5 rounded-lg border px-3.5 py-2.5 text-sm text-foreground", box, className)}
    >
      <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", ink)} />
      <div className="min-w-0 flex-1 [overflow-wrap:anywhere]">{children}</div>
    </div>
  );
}
