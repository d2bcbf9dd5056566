"use client";

import { useMutation } from "convex/react";
import { useRouter } from "next/navigation";
import { ConfirmDialog } from "@/components/ui/ConfirmDialog";
import { errorText } from "@/components/ui/errorText";
import { api } from "@/convex/_generated/api";
import type { ThreadSummary } from "./ThreadItem";

/** Deletes a thread after asking; whoever was in it lands on a new chat. */
export function DeleteThreadDialog({
  thread,
  isCurrent,
  onClose,
}: {
  thread: ThreadSummary;
  isCurrent: boolean;
  onClose: () => void;
}) {
  const remove = useMutation(api.threads.remove);
  const router = useRouter();
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title="Delete this chat?"
      confirmLabel="Delete"
      errorText={errorText}
      onConfirm={async () => {
        await remove({ threadId: thread._id });
        if (isCurrent) router.push("/chat");
      }}
    >
      “{thread.title}” and its messages are deleted for good. What it cost stays in the usage log.
    </ConfirmDialog>
  );
}
