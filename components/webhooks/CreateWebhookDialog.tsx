"use client";

import { useAction } from "convex/react";
import { useState } from "react";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { Select } from "@/components/ui/Select";
import { api } from "@/convex/_generated/api";
import { OwnSecretField } from "./OwnSecretField";
import { needsOwnSecret, SCHEMES } from "./senderSnippets";
import { WebhookForm } from "./WebhookForm";
import { WebhookSecret } from "./WebhookSecret";
import { EMPTY_WEBHOOK } from "./webhookDraft";

/** Asks for the settings of a webhook, then shows its secret: the only time that anyone sees it. */
export function CreateWebhookDialog({ onClose }: { onClose: () => void }) {
  const create = useAction(api.webhooks.create);
  const [scheme, setScheme] = useState(SCHEMES[0]?.value ?? "standard");
  const [ownSecret, setOwnSecret] = useState("");
  const [created, setCreated] = useState<{ webhookId: string; secret: string }>();
  if (created !== undefined) {
    return (
      <Dialog
        isOpen
        onClose={onClose}
        isDismissable={false}
        size="lg"
        title="Copy the secret now"
        description="It is stored encrypted: nobody can show it again after you close this."
      >
        <WebhookSecret {...created} scheme={scheme} onDone={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="lg"
      title="Create a webhook"
      description="Another server sends signed events to its URL; each runs your prompt."
    >
      <WebhookForm
        initial={EMPTY_WEBHOOK}
        submitLabel="Create webhook"
        onCancel={onClose}
        onSubmit={async (settings) => {
          const secret = needsOwnSecret(scheme) ? { secret: ownSecret } : {};
          setCreated(await create({ ...settings, scheme, ...secret }));
        }}
        extra={
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label="Sender" hint={SCHEMES.find(({ value }) => value === scheme)?.hint}>
              {(control) => (
                <Select
                  {...control}
                  value={scheme}
                  onChange={({ target }) =>
                    setScheme(SCHEMES.find(({ value }) => value === target.value)?.value ?? "standard")
                  }
                >
                  {SCHEMES.map(({ value, label }) => (
                    <option key={value} value={value}>
                      {label}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            {needsOwnSecret(scheme) && (
              <OwnSecretField label="The sender’s signing secret" value={ownSecret} onChange={setOwnSecret} />
            )}
          </div>
        }
      />
    </Dialog>
  );
}
