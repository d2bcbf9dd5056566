import type { ReactNode } from "react";

export function InlineCode({ children }: { children: ReactNode }) {
  return (
    <code className="rounded border border-border bg-muted px-1 py-px font-mono text-[0.85em] [overflow-wrap:anywhere]">
      {children}
    </code>
  );
}
