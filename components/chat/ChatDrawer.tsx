"use client";

import { PanelLeft, X } from "lucide-react";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { Button } from "@/components/ui/Button";
import { ThreadList } from "./ThreadList";

/** The threads on a phone: a drawer that closes when one is chosen. */
export function ChatDrawer({ currentThreadId }: { currentThreadId: string | null }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Dialog.Root open={isOpen} onOpenChange={setIsOpen}>
      <Dialog.Trigger asChild>
        <Button variant="ghost" size="icon" aria-label="Chats">
          <PanelLeft aria-hidden className="size-4.5" />
        </Button>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/45 data-[state=open]:animate-[fade-in_120ms_ease-out]" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 flex w-[min(20rem,85vw)] flex-col border-r border-sidebar-border bg-sidebar text-sidebar-foreground shadow-float outline-none data-[state=open]:animate-[fade-in_140ms_ease-out]"
        >
          <div className="flex items-center justify-between pt-2 pr-2 pl-4">
            <Dialog.Title className="text-sm font-semibold">Chats</Dialog.Title>
            <Dialog.Close asChild>
              <Button variant="ghost" size="iconSm" aria-label="Close">
                <X aria-hidden className="size-4" />
              </Button>
            </Dialog.Close>
          </div>
          <ThreadList currentThreadId={currentThreadId} onChoose={() => setIsOpen(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
