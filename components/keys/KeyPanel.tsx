"use client";

import { useAction, useQuery } from "convex/react";
import { KeyRound } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { Page } from "@/components/layout/Page";
import { useViewer } from "@/components/layout/ViewerContext";
import { LimitsDialog } from "@/components/limits/LimitsDialog";
import { SpendWindows } from "@/components/limits/SpendWindows";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { EmptyState } from "@/components/ui/EmptyState";
import { formatDate } from "@/components/ui/format/formatTime";
import { Skeleton } from "@/components/ui/Skeleton";
import { TitledCard } from "@/components/ui/TitledCard";
import { api } from "@/convex/_generated/api";
import { type ApiKey, keyState, limitsText } from "./ApiKey";
import { KeyName } from "./KeyName";
import { KeySwitches } from "./KeySwitches";
import { ModelChecklist } from "./ModelChecklist";

/** One key: what it has used of its limits, and everything that can be done to it. */
export function KeyPanel({ apiKeyId }: { apiKeyId: string }) {
  const key = useQuery(api.apiKeys.get, { apiKeyId });
  return (
    <Page
      title={key?.name ?? "Key"}
      description={
        <Link href="/keys" className="underline underline-offset-4">
          All keys
        </Link>
      }
      width="narrow"
    >
      {key === undefined && <Skeleton className="h-64" />}
      {key === null && (
        <EmptyState icon={KeyRound} title="There is no such key">
          It may belong to somebody else, or its address is mistyped.
        </EmptyState>
      )}
      {key && <KeyDetails apiKey={key} />}
    </Page>
  );
}

function KeyDetails({ apiKey }: { apiKey: ApiKey }) {
  const viewer = useViewer();
  const [isEditing, setIsEditing] = useState(false);
  const state = keyState(apiKey, Date.now());
  const canChange = viewer.role !== "viewer" && apiKey.revokedAt === undefined;
  const { running } = apiKey.usage;
  return (
    <div className="flex flex-col gap-6">
      <Card aria-label="State" className="flex flex-col gap-4 p-5">
        <div className="flex items-start justify-between gap-4">
          <KeyName apiKey={apiKey} viewerEmail={viewer.email} />
          <Badge tone={state.tone}>{state.word}</Badge>
        </div>
        <p className="text-sm text-muted-foreground">
          Created {formatDate(apiKey.createdAt)}
          {apiKey.expiresAt !== undefined && ` · expires ${formatDate(apiKey.expiresAt)}`}
          {running !== null && ` · ${running} running now`}
        </p>
        {canChange && <KeySwitches apiKey={apiKey} />}
      </Card>
      <TitledCard
        className="overflow-hidden"
        title="Limits"
        description={limitsText(apiKey)}
        action={
          canChange ? (
            <Button size="sm" onClick={() => setIsEditing(true)}>
              Edit limits
            </Button>
          ) : undefined
        }
      >
        <div className="p-5">
          <SpendWindows usage={apiKey.usage} />
        </div>
      </TitledCard>
      {isEditing && <EditLimits apiKey={apiKey} onClose={() => setIsEditing(false)} />}
    </div>
  );
}

function EditLimits({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const update = useAction(api.apiKeys.update);
  const [models, setModels] = useState(apiKey.limits.allowedModels ?? []);
  return (
    <LimitsDialog
      title={`Limits of “${apiKey.name}”`}
      limits={apiKey.limits}
      onClose={onClose}
      onSave={async (limits) => {
        const allowedModels = models.length > 0 ? { allowedModels: models } : {};
        await update({ apiKeyId: apiKey.apiKeyId, limits: { ...limits, ...allowedModels } });
      }}
    >
      <ModelChecklist chosen={models} onChange={setModels} />
    </LimitsDialog>
  );
}
