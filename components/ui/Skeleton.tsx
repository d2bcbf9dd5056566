import { cn } from "./cn";

/** Keeps the place of something that is being loaded. Give it the size of what will come. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cn("block animate-pulse rounded-md bg-muted", className)} />;
}
