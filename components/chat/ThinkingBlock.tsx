"use client";

import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import { cn } from "@/components/ui/cn";

/** What Claude thought before it answered: open while it comes, closed afterwards unless the reader opens it. */
export function ThinkingBlock({ text, isStreaming }: { text: string; isStreaming: boolean }) {
  const [choice, setChoice] = useState<boolean>();
  const id = useId();
  const isOpen = choice ?? isStreaming;
  return (
    <div className="text-sm text-muted-foreground">
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setChoice(!isOpen)}
        className="-ml-1.5 inline-flex h-8 items-center gap-1.5 rounded-md px-1.5 font-medium transition-colors hover:text-foreground"
      >
        <ChevronRight aria-hidden className={cn("size-4 transition-transform", isOpen && "rotate-90")} />
        <span className={cn(isStreaming && "animate-pulse")}>{isStreaming ? "Thinking…" : "Thinking"}</span>
      </button>
      <div
        id={id}
        hidden={!isOpen}
        className="mt-1 ml-0.5 border-l-2 border-border pl-4 leading-relaxed whitespace-pre-wrap [overflow-wrap:anywhere]"
      >
        {text}
      </div>
    </div>
  );
}
