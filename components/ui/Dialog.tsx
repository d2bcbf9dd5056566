"use client";

import { X } from "lucide-react";
import { Dialog as RadixDialog } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "./cn";

/** A modal dialog; a sheet at the lower edge on phones. `isDismissable={false}` leaves only its own buttons to close it. */
export function Dialog({
  isOpen,
  onClose,
  title,
  description,
  isDismissable = true,
  size = "md",
  children,
}: {
  isOpen: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  isDismissable?: boolean;
  size?: "md" | "lg";
  children: ReactNode;
}) {
  const keepOpen = (event: Event) => {
    if (!isDismissable) event.preventDefault();
  };
  return (
    <RadixDialog.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="fixed inset-0 z-40 bg-black/45 backdrop-blur-[2px] data-[state=open]:animate-[fade-in_120ms_ease-out]" />
        <RadixDialog.Content
          onEscapeKeyDown={keepOpen}
          onInteractOutside={keepOpen}
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
          className={cn(
            "fixed z-50 flex max-h-[92dvh] w-full flex-col border border-border bg-popover text-popover-foreground shadow-float outline-none",
            "inset-x-0 bottom-0 rounded-t-2xl sm:inset-x-auto sm:top-1/2 sm:bottom-auto sm:left-1/2 sm:-translate-x-1/2 sm:-translate-y-1/2 sm:rounded-2xl",
            "data-[state=open]:animate-[fade-in_140ms_ease-out]",
            size === "lg" ? "sm:max-w-2xl" : "sm:max-w-lg",
          )}
        >
          <div className="flex items-start justify-between gap-4 px-5 pt-5 sm:px-6">
            <div className="min-w-0">
              <RadixDialog.Title className="text-base font-semibold">{title}</RadixDialog.Title>
              {description !== undefined && (
                <RadixDialog.Description className="mt-1 text-sm text-muted-foreground">
                  {description}
                </RadixDialog.Description>
              )}
            </div>
            {isDismissable && (
              <RadixDialog.Close
                aria-label="Close"
                className="-mt-1 -mr-1.5 inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted-foreground hover:bg-muted hover:text-foreground"
              >
                <X aria-hidden className="size-4" />
              </RadixDialog.Close>
            )}
          </div>
          <div className="min-h-0 overflow-y-auto px-5 pt-4 pb-5 sm:px-6 sm:pb-6">{children}</div>
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}
