"use client";

import { useMutation, useQuery } from "convex/react";
import { Plus, Webhook } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { useDeployment } from "@/components/layout/DeploymentContext";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { ConfirmDialog } from "@/components/ui/ConfirmDialog";
import { CopyButton } from "@/components/ui/CopyButton";
import { EmptyState } from "@/components/ui/EmptyState";
import { errorText } from "@/components/ui/errorText";
import { api } from "@/convex/_generated/api";
import { CreateWebhookDialog } from "./CreateWebhookDialog";
import { EditWebhookDialog } from "./EditWebhookDialog";
import { RotateWebhookDialog } from "./RotateWebhookDialog";
import { RowsSkeleton } from "./RowsSkeleton";
import { SCHEMES } from "./senderSnippets";
import { WebhookPage } from "./WebhookPage";
import type { ListedWebhook } from "./webhookDraft";

type Open = { kind: "edit" | "rotate" | "remove"; webhook: ListedWebhook };

/** All webhooks, and what can be done with each. */
export function WebhooksPanel() {
  const [isCreating, setIsCreating] = useState(false);
  return (
    <WebhookPage
      description="Another server sends a signed event, your prompt runs under a key’s budget, and the answer goes out signed."
      action={
        <Button variant="primary" onClick={() => setIsCreating(true)}>
          <Plus aria-hidden className="size-4" />
          Create webhook
        </Button>
      }
    >
      <WebhookList />
      {isCreating && <CreateWebhookDialog onClose={() => setIsCreating(false)} />}
    </WebhookPage>
  );
}

function WebhookList() {
  const webhooks = useQuery(api.webhooks.list);
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  return (
    <Card aria-label="Webhooks" className="overflow-hidden">
      {webhooks === undefined && <RowsSkeleton label="Loading webhooks" />}
      {webhooks?.length === 0 && (
        <EmptyState icon={Webhook} title="No webhooks yet">
          Create one and you get lines for curl and Node that send it an event at once.
        </EmptyState>
      )}
      <ul className="divide-y divide-border">
        {webhooks?.map((webhook) => (
          <WebhookItem key={webhook.webhookId} webhook={webhook} onOpen={setOpen} />
        ))}
      </ul>
      {open?.kind === "edit" && <EditWebhookDialog webhook={open.webhook} onClose={close} />}
      {open?.kind === "rotate" && <RotateWebhookDialog webhook={open.webhook} onClose={close} />}
      {open?.kind === "remove" && <RemoveWebhookDialog webhook={open.webhook} onClose={close} />}
    </Card>
  );
}

function WebhookItem({ webhook, onOpen }: { webhook: ListedWebhook; onOpen: (open: Open) => void }) {
  const setPaused = useMutation(api.webhooks.setPaused);
  const { siteUrl } = useDeployment();
  const { webhookId, name, scheme, keyName, pausedAt } = webhook;
  const isPaused = pausedAt !== undefined;
  const url = `${siteUrl}/webhooks/${webhookId}`;
  const act = (kind: Open["kind"]) => () => onOpen({ kind, webhook });
  return (
    <li className="flex flex-col gap-3 px-5 py-4 md:flex-row md:items-center md:justify-between">
      <div className="min-w-0">
        <p className="flex items-center gap-2 text-sm font-medium">
          <span className="truncate">{name}</span>
          <Badge tone={isPaused ? "warning" : "success"}>{isPaused ? "Paused" : "Active"}</Badge>
        </p>
        <p className="mt-0.5 text-[0.8125rem] text-muted-foreground">
          {SCHEMES.find(({ value }) => value === scheme)?.label} · paid by {keyName ?? "a key that is gone"}
        </p>
        <p className="mt-1 flex min-w-0 items-center gap-1">
          <span className="truncate font-mono text-xs text-muted-foreground">{url}</span>
          <CopyButton text={url} label={`URL of ${name}`} isCompact />
        </p>
      </div>
      <div className="flex shrink-0 flex-wrap gap-2">
        <Button size="sm" aria-label={`Edit ${name}`} onClick={act("edit")}>
          Edit
        </Button>
        <Button
          size="sm"
          aria-label={`${isPaused ? "Resume" : "Pause"} ${name}`}
          onClick={() =>
            void setPaused({ webhookId, isPaused: !isPaused }).catch((error: unknown) =>
              toast.error(errorText(error)),
            )
          }
        >
          {isPaused ? "Resume" : "Pause"}
        </Button>
        <Button size="sm" aria-label={`Rotate secret of ${name}`} onClick={act("rotate")}>
          Rotate secret
        </Button>
        <Button size="sm" aria-label={`Remove ${name}`} onClick={act("remove")}>
          Remove
        </Button>
      </div>
    </li>
  );
}

function RemoveWebhookDialog({ webhook, onClose }: { webhook: ListedWebhook; onClose: () => void }) {
  const remove = useMutation(api.webhooks.remove);
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Remove “${webhook.name}”?`}
      confirmLabel="Remove webhook"
      errorText={errorText}
      onConfirm={async () => {
        await remove({ webhookId: webhook.webhookId });
        toast(`Removed “${webhook.name}”.`);
      }}
    >
      Its URL answers 404 from now on. Events that came already stay in the log for 30 days.
    </ConfirmDialog>
  );
}
