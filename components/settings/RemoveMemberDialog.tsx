"use client";

import { useMutation } from "convex/react";
import { toast } from "sonner";
import { ConfirmDialog } from "@/components/ui/ConfirmDialog";
import { errorText } from "@/components/ui/errorText";
import { api } from "@/convex/_generated/api";
import type { Member } from "./MembersCard";

export function RemoveMemberDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const remove = useMutation(api.members.remove);
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Remove ${member.email}?`}
      confirmLabel="Remove member"
      errorText={errorText}
      onConfirm={async () => {
        await remove({ memberId: member.memberId });
        toast(`Removed ${member.email}.`);
      }}
    >
      They are signed out everywhere, their keys are revoked for good, and what they have running ends within
      seconds. Their requests stay in the usage log. A new invite to the same address brings them back, with
      their chats and without their keys.
    </ConfirmDialog>
  );
}
