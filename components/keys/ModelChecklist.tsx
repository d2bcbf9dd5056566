"use client";

import { useQuery } from "convex/react";
import { Skeleton } from "@/components/ui/Skeleton";
import { api } from "@/convex/_generated/api";

/** The models that a key may use. None chosen means all of them. */
export function ModelChecklist({
  chosen,
  onChange,
}: {
  chosen: string[];
  onChange: (models: string[]) => void;
}) {
  const models = useQuery(api.models.list);
  const toggle = (id: string) =>
    onChange(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id]);
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 text-[0.8125rem] font-medium">
        Models{" "}
        <span className="font-normal text-muted-foreground">
          {chosen.length === 0 ? "· all, also future ones" : `· only the ${chosen.length} chosen`}
        </span>
      </legend>
      <div className="max-h-40 overflow-y-auto rounded-md border border-input bg-card p-1 shadow-soft">
        {models === undefined && <Skeleton className="m-1.5 h-24" />}
        {models?.map(({ id, displayName }) => (
          <label key={id} className="flex items-center gap-2.5 rounded px-2 py-1.5 text-sm hover:bg-muted">
            <input
              type="checkbox"
              checked={chosen.includes(id)}
              onChange={() => toggle(id)}
              className="size-4 accent-primary"
            />
            <span className="min-w-0 truncate">{displayName}</span>
            <span className="ml-auto truncate font-mono text-xs text-muted-foreground max-sm:hidden">
              {id}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
