"use client";

import { useMutation } from "convex/react";
import { useState } from "react";
import { toast } from "sonner";
import { Dialog } from "@/components/ui/Dialog";
import { FormEnd } from "@/components/ui/FormEnd";
import { useSubmit } from "@/components/ui/useSubmit";
import { api } from "@/convex/_generated/api";
import type { Member } from "./MembersCard";
import { RoleSelect } from "./RoleSelect";

export function RoleDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const changeRole = useMutation(api.members.changeRole);
  const [role, setRole] = useState(member.role);
  const { isBusy, problem, submit } = useSubmit(async () => {
    await changeRole({ memberId: member.memberId, role });
    toast(`${member.email} is ${role} now.`);
    onClose();
  });
  const losesKeys = role === "viewer" && member.role !== "viewer";
  return (
    <Dialog isOpen onClose={onClose} title={`Role of ${member.email}`}>
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <RoleSelect value={role} onChange={setRole} />
        {losesKeys && (
          <p className="text-sm text-muted-foreground">A viewer has no keys: theirs are revoked for good.</p>
        )}
        <FormEnd problem={problem} isBusy={isBusy} label="Change role" onCancel={onClose} />
      </form>
    </Dialog>
  );
}
