"use client";

import { useMutation, useQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/ui/Button";
import { ConfirmDialog } from "@/components/ui/ConfirmDialog";
import { errorText } from "@/components/ui/errorText";
import { formatRelative } from "@/components/ui/format/formatTime";
import { Skeleton } from "@/components/ui/Skeleton";
import { TitledCard } from "@/components/ui/TitledCard";
import { api } from "@/convex/_generated/api";
import { InviteDialog } from "./InviteDialog";

type Invite = FunctionReturnType<typeof api.invites.list>[number];

/** Invites that nobody has accepted yet. */
export function InvitesCard() {
  const invites = useQuery(api.invites.list);
  const [isCreating, setIsCreating] = useState(false);
  const [revoking, setRevoking] = useState<Invite>();
  return (
    <TitledCard
      title="Invites"
      description="Nobody signs up without one. A link works once, within 7 days."
      action={
        <Button size="sm" variant="primary" onClick={() => setIsCreating(true)}>
          <UserPlus aria-hidden className="size-4" />
          Invite
        </Button>
      }
    >
      {invites === undefined && (
        <div role="status" aria-label="Loading invites" className="p-5">
          <Skeleton className="h-10" />
        </div>
      )}
      {invites?.length === 0 && <p className="px-5 py-4 text-sm text-muted-foreground">No open invites.</p>}
      {invites !== undefined && invites.length > 0 && (
        <ul aria-label="Open invites" className="divide-y divide-border">
          {invites.map((invite) => (
            <InviteItem key={invite.inviteId} invite={invite} onRevoke={() => setRevoking(invite)} />
          ))}
        </ul>
      )}
      {isCreating && <InviteDialog onClose={() => setIsCreating(false)} />}
      {revoking !== undefined && (
        <RevokeInviteDialog invite={revoking} onClose={() => setRevoking(undefined)} />
      )}
    </TitledCard>
  );
}

function InviteItem({ invite, onRevoke }: { invite: Invite; onRevoke: () => void }) {
  const now = Date.now();
  const state = invite.expiresAt > now ? "expires" : "expired";
  return (
    <li aria-label={invite.email} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="truncate text-sm font-medium" title={invite.email}>
          {invite.email}
        </p>
        <p className="text-[0.8125rem] text-muted-foreground">
          <span className="capitalize">{invite.role}</span>, {state} {formatRelative(invite.expiresAt, now)}
        </p>
      </div>
      <Button size="sm" aria-label={`Revoke the invite of ${invite.email}`} onClick={onRevoke}>
        Revoke
      </Button>
    </li>
  );
}

function RevokeInviteDialog({ invite, onClose }: { invite: Invite; onClose: () => void }) {
  const revoke = useMutation(api.invites.revoke);
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Revoke the invite of ${invite.email}?`}
      confirmLabel="Revoke invite"
      errorText={errorText}
      onConfirm={async () => {
        await revoke({ inviteId: invite.inviteId });
        toast(`Revoked the invite of ${invite.email}.`);
      }}
    >
      Its link stops working. You can invite the same address again.
    </ConfirmDialog>
  );
}
