"use client";

import { ArrowUp, Square } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef } from "react";
import { Button } from "@/components/ui/Button";

type ComposerProps = {
  text: string;
  onTextChange: (text: string) => void;
  onSend: () => void;
  /** Null when nothing runs that could be stopped. */
  onStop: (() => void) | null;
  isBusy: boolean;
  children: ReactNode;
};

/** Where prompts are written. Enter sends, Shift+Enter starts a line; `/` anywhere on the page comes here. */
export function Composer({ text, onTextChange, onSend, onStop, isBusy, children }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const canSend = !isBusy && text.trim() !== "";
  useGrowingHeight(field, text);
  useSlashFocus(field);

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (canSend) onSend();
  }

  return (
    <form
      aria-label="New message"
      className="rounded-2xl border border-input bg-card p-2 shadow-soft transition-colors focus-within:border-ring"
      onSubmit={(event) => {
        event.preventDefault();
        if (canSend) onSend();
      }}
    >
      <textarea
        ref={field}
        aria-label="Message"
        placeholder="Ask Claude"
        rows={1}
        value={text}
        onChange={(event) => onTextChange(event.target.value)}
        onKeyDown={onKeyDown}
        className="block max-h-[40dvh] min-h-10 w-full resize-none bg-transparent px-2 py-2 leading-normal outline-none placeholder:text-muted-foreground"
      />
      <div className="flex items-center justify-between gap-2">
        {children}
        {onStop === null ? (
          <Button type="submit" variant="primary" size="iconSm" aria-label="Send" disabled={!canSend}>
            <ArrowUp aria-hidden className="size-4" />
          </Button>
        ) : (
          <Button variant="secondary" size="iconSm" aria-label="Stop" onClick={onStop}>
            <Square aria-hidden className="size-3 fill-current" />
          </Button>
        )}
      </div>
    </form>
  );
}

type FieldRef = React.RefObject<HTMLTextAreaElement | null>;

function useGrowingHeight(field: FieldRef, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text.
  useLayoutEffect(() => {
    if (field.current === null) return;
    field.current.style.height = "auto";
    field.current.style.height = `${field.current.scrollHeight}px`;
  }, [field, text]);
}

function useSlashFocus(field: FieldRef): void {
  useEffect(() => {
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      const isTyping =
        event.target instanceof Element && event.target.closest("input, textarea, select, [role=menu]");
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [field]);
}
