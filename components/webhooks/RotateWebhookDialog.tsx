"use client";

import { useAction } from "convex/react";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { errorText } from "@/components/ui/errorText";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { Notice } from "@/components/ui/Notice";
import { api } from "@/convex/_generated/api";
import { needsOwnSecret } from "./senderSnippets";
import { WebhookSecret } from "./WebhookSecret";
import type { ListedWebhook } from "./webhookDraft";

/** Gives a webhook a new secret and shows it once. */
export function RotateWebhookDialog({ webhook, onClose }: { webhook: ListedWebhook; onClose: () => void }) {
  const rotate = useAction(api.webhooks.rotate);
  const { webhookId, scheme } = webhook;
  const [ownSecret, setOwnSecret] = useState("");
  const [secret, setSecret] = useState<string>();
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setIsBusy(true);
    setRefusal(undefined);
    try {
      const rotated = await rotate({ webhookId, ...(needsOwnSecret(scheme) && { secret: ownSecret }) });
      setSecret(rotated.secret);
    } catch (error) {
      setRefusal(errorText(error));
    } finally {
      setIsBusy(false);
    }
  }

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
          <Field label="The sender’s new signing secret">
            {(control) => (
              <Input
                {...control}
                type="password"
                autoComplete="off"
                value={ownSecret}
                onChange={(event) => setOwnSecret(event.target.value)}
              />
            )}
          </Field>
        )}
        {refusal !== undefined && <Notice tone="danger">{refusal}</Notice>}
        <div className="flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isBusy={isBusy}>
            Rotate secret
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
