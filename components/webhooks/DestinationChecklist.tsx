import type { FunctionReturnType } from "convex/server";
import Link from "next/link";
import type { api } from "@/convex/_generated/api";

export type ListedDestination = FunctionReturnType<typeof api.destinations.list>[number];

/** Where the answers go; none means that they are only kept here. */
export function DestinationChecklist({
  destinations,
  chosen,
  onChange,
}: {
  destinations: ListedDestination[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
}) {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 text-sm font-medium">Answers go to</legend>
      {destinations.length === 0 && (
        <p className="text-[0.8125rem] text-muted-foreground">
          There is no destination yet, so answers are only kept here.{" "}
          <Link href="/webhooks/destinations" className="underline underline-offset-2">
            Make one
          </Link>
          , or choose later.
        </p>
      )}
      <div className="flex flex-col gap-1.5">
        {destinations.map(({ destinationId, name, url }) => (
          <label key={destinationId} className="flex items-center gap-2.5 text-sm">
            <input
              type="checkbox"
              className="size-4 shrink-0 accent-primary"
              checked={chosen.includes(destinationId)}
              onChange={({ target }) =>
                onChange(
                  target.checked ? [...chosen, destinationId] : chosen.filter((id) => id !== destinationId),
                )
              }
            />
            <span className="min-w-0 truncate">
              {name} <span className="text-muted-foreground">{url}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
