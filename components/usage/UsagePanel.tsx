"use client";

import { Page } from "@/components/layout/Page";
import { useViewer } from "@/components/layout/ViewerContext";
import { RequestLog } from "@/components/requests/RequestLog";
import { SessionList } from "./SessionList";
import { UsageOverview } from "./UsageOverview";

export function UsagePanel() {
  const { role } = useViewer();
  return (
    <Page
      title="Usage"
      description={
        role === "member"
          ? "What you and your keys spent. Days and months are UTC."
          : "What everyone on this gateway spent. Days and months are UTC."
      }
    >
      <div className="flex flex-col gap-6">
        <UsageOverview />
        <SessionList />
        <RequestLog />
      </div>
    </Page>
  );
}
