"use client";

import { useMutation } from "convex/react";
import { toast } from "sonner";
import { Dialog } from "@/components/ui/Dialog";
import { api } from "@/convex/_generated/api";
import { TemplatePreview } from "./TemplatePreview";
import { WebhookForm } from "./WebhookForm";
import { type ListedWebhook, valuesOf } from "./webhookDraft";

/** Changes a webhook, with its prompt shown over the newest event meanwhile. */
export function EditWebhookDialog({ webhook, onClose }: { webhook: ListedWebhook; onClose: () => void }) {
  const update = useMutation(api.webhooks.update);
  return (
    <Dialog isOpen onClose={onClose} size="lg" title={`Edit “${webhook.name}”`}>
      <WebhookForm
        initial={valuesOf(webhook)}
        submitLabel="Save"
        onCancel={onClose}
        preview={(prompt) => <TemplatePreview webhookId={webhook.webhookId} prompt={prompt} />}
        onSubmit={async (settings) => {
          await update({ webhookId: webhook.webhookId, settings });
          toast(`Saved “${settings.name}”.`);
          onClose();
        }}
      />
    </Dialog>
  );
}
