"use client";

import { useMutation, useQuery } from "convex/react";
import { Plus, Send } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Badge, type Tone } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { EmptyState } from "@/components/ui/EmptyState";
import { errorText } from "@/components/ui/errorText";
import { formatRelative } from "@/components/ui/format/formatTime";
import { api } from "@/convex/_generated/api";
import type { ListedDestination } from "./DestinationChecklist";
import {
  CreateDestinationDialog,
  EditDestinationDialog,
  RemoveDestinationDialog,
  RotateDestinationDialog,
} from "./DestinationDialogs";
import { ReplayDialog } from "./ReplayDialog";
import { RowsSkeleton } from "./RowsSkeleton";
import { WebhookPage } from "./WebhookPage";

const DIALOGS = {
  edit: EditDestinationDialog,
  rotate: RotateDestinationDialog,
  replay: ReplayDialog,
  remove: RemoveDestinationDialog,
};
type Open = { kind: keyof typeof DIALOGS; destination: ListedDestination };

/** Where answers and events go. */
export function DestinationsPanel() {
  const [isCreating, setIsCreating] = useState(false);
  return (
    <WebhookPage
      description="Receivers of answers and events. Each delivery is signed with the destination’s own secret."
      action={
        <Button variant="primary" onClick={() => setIsCreating(true)}>
          <Plus aria-hidden className="size-4" />
          Create destination
        </Button>
      }
    >
      <DestinationList />
      {isCreating && <CreateDestinationDialog onClose={() => setIsCreating(false)} />}
    </WebhookPage>
  );
}

function DestinationList() {
  const destinations = useQuery(api.destinations.list);
  const [open, setOpen] = useState<Open>();
  const OpenDialog = open && DIALOGS[open.kind];
  return (
    <Card aria-label="Destinations" className="overflow-hidden">
      {destinations === undefined && <RowsSkeleton label="Loading destinations" />}
      {destinations?.length === 0 && (
        <EmptyState icon={Send} title="No destinations yet">
          Create one for the server that shall get the answers, and choose it in a webhook.
        </EmptyState>
      )}
      <ul className="divide-y divide-border">
        {destinations?.map((destination) => (
          <DestinationItem key={destination.destinationId} destination={destination} onOpen={setOpen} />
        ))}
      </ul>
      {OpenDialog && <OpenDialog destination={open.destination} onClose={() => setOpen(undefined)} />}
    </Card>
  );
}

function DestinationItem({
  destination,
  onOpen,
}: {
  destination: ListedDestination;
  onOpen: (open: Open) => void;
}) {
  const sendTest = useMutation(api.destinations.test);
  const setEnabled = useMutation(api.destinations.setEnabled);
  const { destinationId, name, url, disabledAt, disabledBecause } = destination;
  const { word, tone } = stateOf(destination);
  const isEnabled = disabledAt === undefined;
  const act = (work: Promise<unknown>, done: string) =>
    void work.then(() => toast(done)).catch((error: unknown) => toast.error(errorText(error)));
  return (
    <li className="flex flex-col gap-3 px-5 py-4 lg:flex-row lg:items-center lg:justify-between">
      <div className="min-w-0">
        <p className="flex items-center gap-2 text-sm font-medium">
          <span className="truncate">{name}</span>
          <Badge tone={tone}>{word}</Badge>
        </p>
        <p className="mt-0.5 truncate font-mono text-xs text-muted-foreground">{url}</p>
        {disabledBecause !== undefined && (
          <p className="mt-0.5 text-[0.8125rem] text-muted-foreground">{disabledBecause}</p>
        )}
      </div>
      <div className="flex shrink-0 flex-wrap gap-2">
        <Button
          size="sm"
          aria-label={`Send test to ${name}`}
          disabled={!isEnabled}
          onClick={() => act(sendTest({ destinationId }), "Test event queued.")}
        >
          Send test
        </Button>
        <Button
          size="sm"
          aria-label={`Replay to ${name}`}
          onClick={() => onOpen({ kind: "replay", destination })}
        >
          Replay
        </Button>
        <Button size="sm" aria-label={`Edit ${name}`} onClick={() => onOpen({ kind: "edit", destination })}>
          Edit
        </Button>
        <Button
          size="sm"
          aria-label={`${isEnabled ? "Disable" : "Enable"} ${name}`}
          onClick={() =>
            act(setEnabled({ destinationId, isEnabled: !isEnabled }), isEnabled ? "Disabled." : "Enabled.")
          }
        >
          {isEnabled ? "Disable" : "Enable"}
        </Button>
        <Button
          size="sm"
          aria-label={`Rotate secret of ${name}`}
          onClick={() => onOpen({ kind: "rotate", destination })}
        >
          Rotate secret
        </Button>
        <Button
          size="sm"
          aria-label={`Remove ${name}`}
          onClick={() => onOpen({ kind: "remove", destination })}
        >
          Remove
        </Button>
      </div>
    </li>
  );
}

function stateOf({ disabledAt, failingSince }: ListedDestination): { word: string; tone: Tone } {
  if (disabledAt !== undefined) return { word: "Disabled", tone: "danger" };
  if (failingSince !== undefined)
    return { word: `Failing since ${formatRelative(failingSince)}`, tone: "warning" };
  return { word: "Active", tone: "success" };
}
