"use client";

import { Page } from "@/components/layout/Page";
import { useViewer } from "@/components/layout/ViewerContext";
import { DefaultsCard } from "./DefaultsCard";
import { InvitesCard } from "./InvitesCard";
import { MembersCard } from "./MembersCard";
import { PasswordCard } from "./PasswordCard";
import { StatusCard } from "./StatusCard";

/** What each role may see and change; the functions behind the cards check it again. */
export function SettingsPanel() {
  const { role } = useViewer();
  const isOwner = role === "owner";
  return (
    <Page
      title="Settings"
      description={
        isOwner ? "The state of this gateway, the people who use it, and your account." : "Your account."
      }
      width="narrow"
    >
      <div className="flex flex-col gap-6">
        {isOwner && <StatusCard />}
        {(isOwner || role === "admin") && <MembersCard />}
        {isOwner && <InvitesCard />}
        {isOwner && <DefaultsCard />}
        <PasswordCard />
      </div>
    </Page>
  );
}
