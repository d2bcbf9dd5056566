"use client";

import { Check, Copy, TriangleAlert } from "lucide-react";
import { Button } from "./Button";
import { useCopy } from "./useCopy";

const ICONS = { idle: Copy, copied: Check, failed: TriangleAlert } as const;
const WORDS = { idle: "Copy", copied: "Copied", failed: "Select and copy" } as const;

/** Copies `text`. `label` names what is copied ("secret"); `isCompact` shows the icon alone. */
export function CopyButton({
  text,
  label,
  isCompact = false,
  className,
}: {
  text: string;
  label: string;
  isCompact?: boolean;
  className?: string;
}) {
  const { state, copy } = useCopy();
  const Icon = ICONS[state];
  return (
    <>
      <Button
        size={isCompact ? "iconSm" : "sm"}
        variant={isCompact ? "ghost" : "secondary"}
        className={className}
        aria-label={`Copy ${label}`}
        onClick={() => copy(text)}
      >
        <Icon aria-hidden className="size-3.5" />
        {!isCompact && WORDS[state]}
      </Button>
      <span role="status" className="sr-only">
        {state === "idle" ? "" : WORDS[state]}
      </span>
    </>
  );
}
