import { Button } from "./Button";

/** The end of a paged list: asks for the next page, and is not there when there is none. */
export function ShowOlder({
  status,
  onMore,
  children,
}: {
  status: "LoadingFirstPage" | "CanLoadMore" | "LoadingMore" | "Exhausted";
  onMore: () => void;
  children: string;
}) {
  if (status !== "CanLoadMore" && status !== "LoadingMore") return null;
  return (
    <div className="flex justify-center border-t border-border p-3">
      <Button size="sm" variant="ghost" isBusy={status === "LoadingMore"} onClick={onMore}>
        {children}
      </Button>
    </div>
  );
}
