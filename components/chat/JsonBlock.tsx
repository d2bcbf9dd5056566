import { Braces } from "lucide-react";
import { CopyButton } from "@/components/ui/CopyButton";

/** A part of an answer that is data: a tool's input, or a kind of block that has no view of its own. */
export function JsonBlock({ title, json }: { title: string; json: string }) {
  return (
    <figure className="overflow-hidden rounded-lg border border-border bg-card">
      <figcaption className="flex h-9 items-center gap-2 border-b border-border pr-1 pl-3.5 text-xs font-medium text-muted-foreground">
        <Braces aria-hidden className="size-3.5 shrink-0" />
        <span className="min-w-0 flex-1 truncate">{title}</span>
        <CopyButton text={json} label={title} isCompact />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard. */}
      <pre tabIndex={0} className="max-h-80 overflow-auto px-3.5 py-3 font-mono text-xs leading-relaxed">
        {json}
      </pre>
    </figure>
  );
}
