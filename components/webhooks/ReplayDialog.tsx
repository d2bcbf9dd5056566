"use client";

import { useMutation } from "convex/react";
import { useState } from "react";
import { toast } from "sonner";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { FormEnd } from "@/components/ui/FormEnd";
import { Select } from "@/components/ui/Select";
import { useSubmit } from "@/components/ui/useSubmit";
import { api } from "@/convex/_generated/api";
import type { ListedDestination } from "./DestinationChecklist";

const HOUR_MS = 60 * 60_000;
const PERIODS = [
  { hours: 1, label: "The last hour" },
  { hours: 24, label: "The last 24 hours" },
  { hours: 7 * 24, label: "The last 7 days" },
  { hours: 30 * 24, label: "The last 30 days" },
];

/** Delivers what a receiver missed once more. */
export function ReplayDialog({
  destination: { destinationId, name },
  onClose,
}: {
  destination: ListedDestination;
  onClose: () => void;
}) {
  const replay = useMutation(api.destinations.replay);
  const [hours, setHours] = useState("24");
  const [scope, setScope] = useState("failed");
  const { isBusy, problem, submit } = useSubmit(async () => {
    const to = Date.now();
    const from = to - Number(hours) * HOUR_MS;
    await replay({ destinationId, from, to, onlyFailed: scope === "failed" });
    toast("The replay has started.");
    onClose();
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Replay to “${name}”`}
      description="Deliveries keep their ids, so that the receiver can tell what it has seen."
    >
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <Field label="Period">
          {(control) => (
            <Select {...control} value={hours} onChange={({ target }) => setHours(target.value)}>
              {PERIODS.map(({ hours: value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Deliveries">
          {(control) => (
            <Select {...control} value={scope} onChange={({ target }) => setScope(target.value)}>
              <option value="failed">Failed and canceled ones</option>
              <option value="all">All</option>
            </Select>
          )}
        </Field>
        <FormEnd isBusy={isBusy} problem={problem} label="Replay" onCancel={onClose} />
      </form>
    </Dialog>
  );
}
