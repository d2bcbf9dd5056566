import { Skeleton } from "@/components/ui/Skeleton";

export function RowsSkeleton({ label }: { label: string }) {
  return (
    <div className="flex flex-col gap-5 p-5" role="status" aria-label={label}>
      {["first", "second", "third"].map((row) => (
        <Skeleton key={row} className="h-9" />
      ))}
    </div>
  );
}
