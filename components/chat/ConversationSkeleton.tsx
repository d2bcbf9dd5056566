import { Skeleton } from "@/components/ui/Skeleton";

/** Keeps the place of a conversation that is being loaded. */
export function ConversationSkeleton() {
  return (
    <div
      role="status"
      aria-label="Loading the chat"
      className="mx-auto w-full max-w-3xl flex-1 space-y-5 px-4 pt-6 sm:px-6"
    >
      <Skeleton className="ml-auto h-11 w-2/5 rounded-2xl" />
      <Skeleton className="h-4 w-11/12" />
      <Skeleton className="h-4 w-4/5" />
      <Skeleton className="h-4 w-3/5" />
    </div>
  );
}
