"use client";

import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import Link from "next/link";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { cn } from "@/components/ui/cn";
import { DeleteThreadDialog } from "./DeleteThreadDialog";
import { MENU_CLASSES, MENU_ITEM_CLASSES } from "./menuClasses";
import { RenameThreadDialog } from "./RenameThreadDialog";

export type ThreadSummary = { _id: string; title: string };

/** A thread in the list, with what can be done to it. */
export function ThreadItem({
  thread,
  isCurrent,
  onChoose,
}: {
  thread: ThreadSummary;
  isCurrent: boolean;
  onChoose: (() => void) | undefined;
}) {
  const [dialog, setDialog] = useState<"rename" | "delete">();
  const close = () => setDialog(undefined);
  return (
    <li
      className={cn(
        "group/thread flex items-center rounded-md pr-1 transition-colors hover:bg-muted",
        isCurrent && "bg-accent hover:bg-accent",
      )}
    >
      <Link
        href={`/chat/${thread._id}`}
        aria-current={isCurrent ? "page" : undefined}
        onClick={onChoose}
        className="min-w-0 flex-1 truncate rounded-md px-2.5 py-1.5 text-sm aria-[current=page]:font-medium aria-[current=page]:text-accent-foreground"
      >
        {thread.title}
      </Link>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger
          aria-label={`Options of ${thread.title}`}
          className="inline-flex size-7 shrink-0 items-center justify-center rounded-md text-muted-foreground transition-opacity hover:text-foreground md:opacity-0 md:group-focus-within/thread:opacity-100 md:group-hover/thread:opacity-100 md:data-[state=open]:opacity-100"
        >
          <Ellipsis aria-hidden className="size-4" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Content align="start" sideOffset={4} className={cn(MENU_CLASSES, "z-50 w-40")}>
          <DropdownMenu.Item className={MENU_ITEM_CLASSES} onSelect={() => setDialog("rename")}>
            <Pencil aria-hidden className="size-4" />
            Rename
          </DropdownMenu.Item>
          <DropdownMenu.Item
            className={cn(MENU_ITEM_CLASSES, "text-destructive")}
            onSelect={() => setDialog("delete")}
          >
            <Trash2 aria-hidden className="size-4" />
            Delete
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Root>
      {dialog === "rename" && <RenameThreadDialog thread={thread} onClose={close} />}
      {dialog === "delete" && <DeleteThreadDialog thread={thread} isCurrent={isCurrent} onClose={close} />}
    </li>
  );
}
