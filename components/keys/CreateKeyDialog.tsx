"use client";

import { useAction } from "convex/react";
import { useState } from "react";
import { Dialog } from "@/components/ui/Dialog";
import { api } from "@/convex/_generated/api";
import { CreateKeyForm } from "./CreateKeyForm";
import { KeySecret } from "./KeySecret";

/** Asks for the limits of a key, then shows its secret: the only time that anyone sees it. */
export function CreateKeyDialog({ onClose }: { onClose: () => void }) {
  const create = useAction(api.apiKeys.create);
  const [secret, setSecret] = useState<string>();
  if (secret === undefined) {
    return (
      <Dialog
        isOpen
        onClose={onClose}
        title="Create a key"
        description="Limits protect you when a key leaks or a program runs wild. An empty field is no limit."
      >
        <CreateKeyForm
          onCancel={onClose}
          onSubmit={async (draft) => {
            const created = await create(draft);
            setSecret(created.secret);
          }}
        />
      </Dialog>
    );
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      isDismissable={false}
      size="lg"
      title="Copy your key now"
      description="Only its hash is stored: nobody can show it again after you close this."
    >
      <KeySecret secret={secret} onDone={onClose} />
    </Dialog>
  );
}
