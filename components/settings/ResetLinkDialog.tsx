"use client";

import { useAction } from "convex/react";
import { useState } from "react";
import { Dialog } from "@/components/ui/Dialog";
import { FormEnd } from "@/components/ui/FormEnd";
import { useSubmit } from "@/components/ui/useSubmit";
import { api } from "@/convex/_generated/api";
import { OneTimeLinkDialog } from "./OneTimeLinkDialog";

/** Makes a link with which a member who forgot their password sets another one. */
export function ResetLinkDialog({ email, onClose }: { email: string; onClose: () => void }) {
  const create = useAction(api.passwordResets.create);
  const [url, setUrl] = useState<string>();
  const { isBusy, problem, submit } = useSubmit(async () => {
    setUrl((await create({ email })).url);
  });
  if (url !== undefined) {
    return (
      <OneTimeLinkDialog name="reset link" url={url} email={email} lifetime="24 hours" onClose={onClose} />
    );
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Reset link for ${email}`}
      description="Whoever opens it sets another password for this account, which ends its sessions. An earlier link stops working."
    >
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <FormEnd problem={problem} isBusy={isBusy} label="Make the link" onCancel={onClose} />
      </form>
    </Dialog>
  );
}
