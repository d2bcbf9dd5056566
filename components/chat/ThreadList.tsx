"use client";

import { usePaginatedQuery } from "convex/react";
import { SquarePen } from "lucide-react";
import Link from "next/link";
import { Button, ButtonLink } from "@/components/ui/Button";
import { Skeleton } from "@/components/ui/Skeleton";
import { api } from "@/convex/_generated/api";
import { ThreadItem } from "./ThreadItem";

const THREADS_PER_PAGE = 30;

/** The reader's threads, the one used last first, and the way to a new one. `onChoose` closes what holds the list. */
export function ThreadList({
  currentThreadId,
  onChoose,
}: {
  currentThreadId: string | null;
  onChoose?: () => void;
}) {
  const threads = usePaginatedQuery(api.threads.list, {}, { initialNumItems: THREADS_PER_PAGE });
  return (
    <>
      <div className="p-3">
        <ButtonLink className="w-full justify-start px-3">
          <Link href="/chat" onClick={onChoose}>
            <SquarePen aria-hidden className="size-4 text-primary" />
            New chat
          </Link>
        </ButtonLink>
      </div>
      <nav aria-label="Your chats" className="min-h-0 flex-1 overflow-y-auto px-2 pb-3">
        {threads.status === "LoadingFirstPage" && <ThreadListSkeleton />}
        {threads.status === "Exhausted" && threads.results.length === 0 && (
          <p className="px-2.5 py-2 text-sm text-muted-foreground">Your chats will appear here.</p>
        )}
        <ul className="space-y-0.5">
          {threads.results.map((thread) => (
            <ThreadItem
              key={thread._id}
              thread={thread}
              isCurrent={thread._id === currentThreadId}
              onChoose={onChoose}
            />
          ))}
        </ul>
        {threads.status === "CanLoadMore" && (
          <Button
            size="sm"
            variant="ghost"
            className="mt-1 w-full"
            onClick={() => threads.loadMore(THREADS_PER_PAGE)}
          >
            Show more
          </Button>
        )}
      </nav>
    </>
  );
}

function ThreadListSkeleton() {
  return (
    <div role="status" aria-label="Loading your chats" className="space-y-2 p-2">
      <Skeleton className="h-5 w-4/5" />
      <Skeleton className="h-5 w-3/5" />
      <Skeleton className="h-5 w-2/3" />
    </div>
  );
}
