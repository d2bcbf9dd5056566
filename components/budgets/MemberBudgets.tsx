"use client";

import { useAction } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { useState } from "react";
import { LimitsDialog } from "@/components/limits/LimitsDialog";
import { limitsText } from "@/components/limits/limitsText";
import { SpendWindows } from "@/components/limits/SpendWindows";
import { Button } from "@/components/ui/Button";
import { TitledCard } from "@/components/ui/TitledCard";
import { api } from "@/convex/_generated/api";

type MemberBudget = FunctionReturnType<typeof api.budgets.list>["members"][number];

/** Limits of each member: of all their keys, chats and actions together. */
export function MemberBudgets({ members }: { members: MemberBudget[] }) {
  const setLimits = useAction(api.budgets.setMemberLimits);
  const [editing, setEditing] = useState<MemberBudget>();
  return (
    <TitledCard
      className="overflow-hidden"
      title="Members"
      description="All keys, chats and actions of a member count together."
    >
      <ul className="divide-y divide-border">
        {members.map((member) => (
          <li
            key={member.memberId}
            className="grid gap-4 px-5 py-4 sm:grid-cols-[minmax(0,1fr)_minmax(0,20rem)_auto] sm:items-center"
          >
            <div className="min-w-0">
              <div className="truncate font-medium">{member.email}</div>
              <div className="text-[0.8125rem] text-muted-foreground">
                {limitsText(member.limits) || "No rate limits"}
              </div>
            </div>
            <SpendWindows usage={member.usage} />
            <Button
              size="sm"
              aria-label={`Edit limits of ${member.email}`}
              onClick={() => setEditing(member)}
            >
              Edit limits
            </Button>
          </li>
        ))}
      </ul>
      {editing !== undefined && (
        <LimitsDialog
          title={`Limits of ${editing.email}`}
          limits={editing.limits}
          onSave={(limits) => setLimits({ memberId: editing.memberId, limits })}
          onClose={() => setEditing(undefined)}
        />
      )}
    </TitledCard>
  );
}
