"use client";

import { useQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { useState } from "react";
import { useViewer } from "@/components/layout/ViewerContext";
import { Button } from "@/components/ui/Button";
import { formatDate } from "@/components/ui/format/formatTime";
import { Skeleton } from "@/components/ui/Skeleton";
import { TitledCard } from "@/components/ui/TitledCard";
import { api } from "@/convex/_generated/api";
import { RemoveMemberDialog } from "./RemoveMemberDialog";
import { ResetLinkDialog } from "./ResetLinkDialog";
import { RoleDialog } from "./RoleDialog";

export type Member = FunctionReturnType<typeof api.members.list>[number];
type Change = { kind: "role" | "reset" | "remove"; member: Member };

/** Everybody with an account; owners change roles, make reset links and remove. */
export function MembersCard() {
  const members = useQuery(api.members.list);
  const [change, setChange] = useState<Change>();
  const close = () => setChange(undefined);
  return (
    <TitledCard title="Members" description="Everybody who can sign in.">
      {members === undefined ? (
        <div role="status" aria-label="Loading members" className="p-5">
          <Skeleton className="h-10" />
        </div>
      ) : (
        <ul aria-label="Members" className="divide-y divide-border">
          {members
            .filter(({ isOperator }) => !isOperator)
            .map((member) => (
              <MemberItem key={member.memberId} member={member} onChange={setChange} />
            ))}
        </ul>
      )}
      {change?.kind === "role" && <RoleDialog member={change.member} onClose={close} />}
      {change?.kind === "reset" && <ResetLinkDialog email={change.member.email} onClose={close} />}
      {change?.kind === "remove" && <RemoveMemberDialog member={change.member} onClose={close} />}
    </TitledCard>
  );
}

function MemberItem({ member, onChange }: { member: Member; onChange: (change: Change) => void }) {
  const viewer = useViewer();
  const isSelf = member.memberId === viewer.memberId;
  const { email } = member;
  return (
    <li aria-label={email} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3">
      <div className="min-w-0 flex-1 basis-56">
        <p className="truncate text-sm font-medium" title={email}>
          {email}
          {isSelf && <span className="font-normal text-muted-foreground"> (you)</span>}
        </p>
        <p className="text-[0.8125rem] text-muted-foreground">
          <span className="capitalize">{member.role}</span>, joined {formatDate(member.joinedAt)}
        </p>
      </div>
      {viewer.role === "owner" && (
        <div className="flex flex-wrap gap-2">
          <Button
            size="sm"
            aria-label={`Change the role of ${email}`}
            onClick={() => onChange({ kind: "role", member })}
          >
            Role
          </Button>
          {!isSelf && (
            <>
              <Button
                size="sm"
                aria-label={`Make a reset link for ${email}`}
                onClick={() => onChange({ kind: "reset", member })}
              >
                Reset link
              </Button>
              <Button
                size="sm"
                aria-label={`Remove ${email}`}
                onClick={() => onChange({ kind: "remove", member })}
              >
                Remove
              </Button>
            </>
          )}
        </div>
      )}
    </li>
  );
}
