"use client";

import { useId, useState } from "react";
import { Button } from "@/components/ui/Button";
import { cn } from "@/components/ui/cn";

const LONG_CHARACTERS = 1_200;
const LONG_LINES = 16;

/** What the reader asked, exactly as typed. A long text is folded. */
export function Question({ text }: { text: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const isLong = text.length > LONG_CHARACTERS || text.split("\n").length > LONG_LINES;
  return (
    <article aria-label="Your message" className="flex flex-col items-end gap-1">
      <div className="max-w-[85%] rounded-2xl rounded-br-md border border-border bg-muted px-4 py-2.5">
        <p
          id={id}
          className={cn("whitespace-pre-wrap [overflow-wrap:anywhere]", isLong && !isOpen && "line-clamp-10")}
        >
          {text}
        </p>
      </div>
      {isLong && (
        <Button
          size="sm"
          variant="ghost"
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => setIsOpen(!isOpen)}
        >
          {isOpen ? "Show less" : "Show all"}
        </Button>
      )}
    </article>
  );
}
