"use client";

import { useAction, useMutation } from "convex/react";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/ui/Button";
import { CodeBlock } from "@/components/ui/CodeBlock";
import { ConfirmDialog } from "@/components/ui/ConfirmDialog";
import { Dialog } from "@/components/ui/Dialog";
import { errorText } from "@/components/ui/errorText";
import { api } from "@/convex/_generated/api";
import type { ListedDestination } from "./DestinationChecklist";
import { DestinationForm } from "./DestinationForm";

/** Asks for a destination, then shows the secret that its receiver needs. */
export function CreateDestinationDialog({ onClose }: { onClose: () => void }) {
  const create = useAction(api.destinations.create);
  const [secret, setSecret] = useState<string>();
  if (secret !== undefined) return <SecretDialog secret={secret} onClose={onClose} />;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Create a destination"
      description="Where answers and events go, signed."
    >
      <DestinationForm
        initial={{ name: "", url: "", eventTypes: [] }}
        submitLabel="Create destination"
        onCancel={onClose}
        onSubmit={async (draft) => setSecret((await create(draft)).secret)}
      />
    </Dialog>
  );
}

export function EditDestinationDialog({ destination, onClose }: DialogProps) {
  const update = useMutation(api.destinations.update);
  const { destinationId, name, url, eventTypes } = destination;
  return (
    <Dialog isOpen onClose={onClose} title={`Edit “${name}”`}>
      <DestinationForm
        initial={{ name, url, eventTypes }}
        submitLabel="Save"
        onCancel={onClose}
        onSubmit={async (draft) => {
          await update({ destinationId, ...draft });
          onClose();
        }}
      />
    </Dialog>
  );
}

type DialogProps = { destination: ListedDestination; onClose: () => void };

export function RotateDestinationDialog({ destination, onClose }: DialogProps) {
  const rotate = useAction(api.destinations.rotate);
  const [secret, setSecret] = useState<string>();
  if (secret !== undefined) return <SecretDialog secret={secret} onClose={onClose} />;
  return (
    <ConfirmDialog
      isOpen
      // Confirming closes the question; the secret stays open then.
      onClose={() => secret === undefined && onClose()}
      title={`New secret for “${destination.name}”?`}
      confirmLabel="Rotate secret"
      errorText={errorText}
      onConfirm={async () => {
        setSecret((await rotate({ destinationId: destination.destinationId })).secret);
      }}
    >
      For 24 hours deliveries carry a signature with each of the two secrets, so that the receiver can change
      over.
    </ConfirmDialog>
  );
}

export function RemoveDestinationDialog({ destination, onClose }: DialogProps) {
  const remove = useMutation(api.destinations.remove);
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Remove “${destination.name}”?`}
      confirmLabel="Remove destination"
      errorText={errorText}
      onConfirm={async () => {
        await remove({ destinationId: destination.destinationId });
        toast(`Removed “${destination.name}”.`);
      }}
    >
      What waits for it is canceled, and webhooks that answer to it keep their answers here.
    </ConfirmDialog>
  );
}

function SecretDialog({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog
      isOpen
      onClose={onClose}
      isDismissable={false}
      title="Copy the signing secret now"
      description="It is stored encrypted and not shown again. Any Standard Webhooks library checks deliveries with it."
    >
      <div className="flex flex-col gap-4">
        <CodeBlock code={secret} label="signing secret" />
        <Button variant="primary" size="lg" className="sm:self-end" onClick={onClose}>
          I have copied it
        </Button>
      </div>
    </Dialog>
  );
}
