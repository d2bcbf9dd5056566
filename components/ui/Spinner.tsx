import { LoaderCircle } from "lucide-react";
import { cn } from "./cn";

/** Something is under way; `label` says what to those who cannot see it turn. */
export function Spinner({ label = "Loading", className }: { label?: string; className?: string }) {
  return (
    <span role="status" className="inline-flex items-center">
      <LoaderCircle aria-hidden className={cn("size-4 animate-spin text-muted-foreground", className)} />
      <span className="sr-only">{label}</span>
    </span>
  );
}
