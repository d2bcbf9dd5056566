"use client";

import { useAction } from "convex/react";
import { useState } from "react";
import { toast } from "sonner";
import { PasswordField } from "@/components/auth/PasswordField";
import { useViewer } from "@/components/layout/ViewerContext";
import { FormEnd } from "@/components/ui/FormEnd";
import { TitledCard } from "@/components/ui/TitledCard";
import { useSubmit } from "@/components/ui/useSubmit";
import { api } from "@/convex/_generated/api";

/** Changes the viewer's own password, which ends their other sessions. */
export function PasswordCard() {
  const { email } = useViewer();
  const change = useAction(api.passwords.change);
  const [currentPassword, setCurrentPassword] = useState("");
  const [newPassword, setNewPassword] = useState("");
  const { isBusy, problem, submit } = useSubmit(async () => {
    await change({ currentPassword, newPassword });
    setCurrentPassword("");
    setNewPassword("");
    toast("Changed your password. Your other sessions have ended.");
  });
  return (
    <TitledCard title="Password" description="Changing it signs you out everywhere else.">
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4 p-5">
        {/* Tells password managers whose password this is. */}
        <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
        <div className="grid gap-4 sm:grid-cols-2">
          <PasswordField
            label="Current password"
            purpose="current"
            value={currentPassword}
            onChange={setCurrentPassword}
          />
          <PasswordField
            label="New password"
            purpose="new"
            value={newPassword}
            onChange={setNewPassword}
            hint="At least 12 characters."
          />
        </div>
        <FormEnd problem={problem} isBusy={isBusy} label="Change password" />
      </form>
    </TitledCard>
  );
}
