import { MessageSquareOff } from "lucide-react";
import Link from "next/link";
import { ButtonLink } from "@/components/ui/Button";
import { EmptyState } from "@/components/ui/EmptyState";

/** Shown for a thread that was deleted or never was the reader's. */
export function MissingThread() {
  return (
    <div className="flex flex-1 items-center justify-center">
      <EmptyState
        icon={MessageSquareOff}
        title="There is no such chat"
        action={
          <ButtonLink variant="primary">
            <Link href="/chat">New chat</Link>
          </ButtonLink>
        }
      >
        It was deleted, or it belongs to someone else: chats can be read by their author alone.
      </EmptyState>
    </div>
  );
}
