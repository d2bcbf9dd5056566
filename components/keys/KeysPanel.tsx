"use client";

import { useQuery } from "convex/react";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { Page } from "@/components/layout/Page";
import { useViewer } from "@/components/layout/ViewerContext";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { EmptyState } from "@/components/ui/EmptyState";
import { Skeleton } from "@/components/ui/Skeleton";
import { api } from "@/convex/_generated/api";
import type { ApiKey } from "./ApiKey";
import { CreateKeyDialog } from "./CreateKeyDialog";
import { KeyCards } from "./KeyCards";
import { KeyTable } from "./KeyTable";
import { RevokeKeyDialog } from "./RevokeKeyDialog";

/** The keys of the viewer; of everyone for owners and admins. */
export function KeysPanel() {
  const keys = useQuery(api.apiKeys.list);
  const viewer = useViewer();
  const [isCreating, setIsCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey>();
  const canChange = viewer.role !== "viewer";
  const createButton = canChange ? (
    <Button variant="primary" onClick={() => setIsCreating(true)}>
      <Plus aria-hidden className="size-4" />
      Create key
    </Button>
  ) : undefined;
  return (
    <Page
      title="Keys"
      description="A key lets a terminal, an SDK or another program use this gateway within the limits you give it."
      action={createButton}
    >
      <Card aria-label="Keys" className="overflow-hidden">
        {keys === undefined && <KeysSkeleton />}
        {keys?.length === 0 && (
          <EmptyState icon={KeyRound} title="No keys yet">
            {canChange
              ? "Create one and you get a curl line that works at once."
              : "Your role is read-only; an owner or admin can create keys."}
          </EmptyState>
        )}
        {keys !== undefined && keys.length > 0 && (
          <>
            <KeyTable keys={sortKeys(keys)} canChange={canChange} onRevoke={setRevoking} />
            <KeyCards keys={sortKeys(keys)} canChange={canChange} onRevoke={setRevoking} />
          </>
        )}
      </Card>
      {isCreating && <CreateKeyDialog onClose={() => setIsCreating(false)} />}
      {revoking !== undefined && <RevokeKeyDialog apiKey={revoking} onClose={() => setRevoking(undefined)} />}
    </Page>
  );
}

/** Usable ones first, then the newest. */
function sortKeys(keys: ApiKey[]): ApiKey[] {
  const isRevoked = (key: ApiKey) => Number(key.revokedAt !== undefined);
  return keys.toSorted((a, b) => isRevoked(a) - isRevoked(b) || b.createdAt - a.createdAt);
}

function KeysSkeleton() {
  return (
    <div className="flex flex-col gap-5 p-5" role="status" aria-label="Loading keys">
      {["first", "second", "third"].map((row) => (
        <Skeleton key={row} className="h-9" />
      ))}
    </div>
  );
}
