import type { ReactNode } from "react";

export function InlineCode({ children }: { children: ReactNode }) {
  return (
    <code className="rounded border border-border bg-muted px-1 py-px font-mono text-[0.85em] [overflow-wrap:anywhere]">
      {children}
    </code>
  );
}

/** A sentence of the deployment's, in which code stands between backticks. */
export function TextWithCode({ text }: { text: string }) {
  const parts = text.split("`");
  return parts.map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text keep their places
    index % 2 === 1 ? <InlineCode key={index}>{part}</InlineCode> : part,
  );
}
