"use client";

import { useAction } from "convex/react";
import { useState } from "react";
import { Dialog } from "@/components/ui/Dialog";
import { Field } from "@/components/ui/Field";
import { FormEnd } from "@/components/ui/FormEnd";
import { Input } from "@/components/ui/Input";
import { useSubmit } from "@/components/ui/useSubmit";
import { api } from "@/convex/_generated/api";
import { OneTimeLinkDialog } from "./OneTimeLinkDialog";
import { RoleSelect } from "./RoleSelect";
import type { Role } from "./roles";

/** Asks whom to invite, then shows the link: the only time that anyone sees it. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const create = useAction(api.invites.create);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [url, setUrl] = useState<string>();
  const { isBusy, problem, submit } = useSubmit(async () => {
    setUrl((await create({ email, role })).url);
  });
  if (url !== undefined) {
    return (
      <OneTimeLinkDialog name="invite link" url={url} email={email} lifetime="7 days" onClose={onClose} />
    );
  }
  return (
    <Dialog isOpen onClose={onClose} title="Invite somebody">
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <Field label="E-mail" hint="Nothing is sent: you get a link to pass on.">
          {(control) => (
            <Input
              {...control}
              type="email"
              autoComplete="off"
              required
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          )}
        </Field>
        <RoleSelect value={role} onChange={setRole} />
        <FormEnd problem={problem} isBusy={isBusy} label="Create invite" onCancel={onClose} />
      </form>
    </Dialog>
  );
}
