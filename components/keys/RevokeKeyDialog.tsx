"use client";

import { useMutation } from "convex/react";
import { toast } from "sonner";
import { ConfirmDialog } from "@/components/ui/ConfirmDialog";
import { errorText } from "@/components/ui/errorText";
import { api } from "@/convex/_generated/api";
import type { ApiKey } from "./ApiKey";

export function RevokeKeyDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const revoke = useMutation(api.apiKeys.revoke);
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Revoke “${apiKey.name}”?`}
      confirmLabel="Revoke key"
      errorText={errorText}
      onConfirm={async () => {
        await revoke({ apiKeyId: apiKey.apiKeyId });
        toast(`Revoked “${apiKey.name}”.`);
      }}
    >
      Every program that uses <span className="font-mono">ccg_live_…{apiKey.lastFour}</span> is refused from
      its next request on. This cannot be undone; its past requests stay in the usage log.
    </ConfirmDialog>
  );
}
