"use client";

import { useAction } from "convex/react";
import { useState } from "react";
import { Dialog } from "@/components/ui/Dialog";
import { FormEnd } from "@/components/ui/FormEnd";
import { useSubmit } from "@/components/ui/useSubmit";
import { api } from "@/convex/_generated/api";
import { OwnSecretField } from "./OwnSecretField";
import { needsOwnSecret } from "./senderSnippets";
import { WebhookSecret } from "./WebhookSecret";
import type { ListedWebhook } from "./webhookDraft";

/** Gives a webhook a new secret and shows it once. */
export function RotateWebhookDialog({ webhook, onClose }: { webhook: ListedWebhook; onClose: () => void }) {
  const rotate = useAction(api.webhooks.rotate);
  const { webhookId, scheme } = webhook;
  const [ownSecret, setOwnSecret] = useState("");
  const [secret, setSecret] = useState<string>();
  const { isBusy, problem, submit } = useSubmit(async () => {
    const own = needsOwnSecret(scheme) ? { secret: ownSecret } : {};
    setSecret((await rotate({ webhookId, ...own })).secret);
  });

  if (secret !== undefined) {
    return (
      <Dialog isOpen onClose={onClose} isDismissable={false} size="lg" title="Copy the new secret now">
        <WebhookSecret webhookId={webhookId} scheme={scheme} secret={secret} onDone={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`New secret for “${webhook.name}”?`}
      description="The old secret is accepted for another 24 hours, so that the sender can change over without losing events."
    >
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        {needsOwnSecret(scheme) && (
          <OwnSecretField label="The sender’s new signing secret" value={ownSecret} onChange={setOwnSecret} />
        )}
        <FormEnd isBusy={isBusy} problem={problem} label="Rotate secret" onCancel={onClose} />
      </form>
    </Dialog>
  );
}
