"use client";

import { usePaginatedQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { Lock, ScrollText } from "lucide-react";
import { isAdministrator } from "@/components/layout/isAdministrator";
import { Page } from "@/components/layout/Page";
import { useViewer } from "@/components/layout/ViewerContext";
import { Card } from "@/components/ui/Card";
import { EmptyState } from "@/components/ui/EmptyState";
import { formatTime } from "@/components/ui/format/formatTime";
import { ShowOlder } from "@/components/ui/ShowOlder";
import { Skeleton } from "@/components/ui/Skeleton";
import { api } from "@/convex/_generated/api";
import { changedFields } from "./changedFields";

type Change = FunctionReturnType<typeof api.auditLog.list>["page"][number];

const PAGE_SIZE = 25;

/** Who changed what, newest first; for owners and admins. */
export function AuditPanel() {
  const isAllowed = isAdministrator(useViewer());
  return (
    <Page
      title="Audit log"
      description="Every administrative change: who, what, before and after. Rows are never changed or deleted."
    >
      {isAllowed ? (
        <AuditLog />
      ) : (
        <EmptyState icon={Lock} title="For owners and admins">
          Your role does not include the audit log.
        </EmptyState>
      )}
    </Page>
  );
}

function AuditLog() {
  const { results, status, loadMore } = usePaginatedQuery(
    api.auditLog.list,
    {},
    { initialNumItems: PAGE_SIZE },
  );
  if (status === "LoadingFirstPage") return <Skeleton className="h-64" />;
  return (
    <Card aria-label="Changes" className="overflow-hidden">
      {results.length === 0 && (
        <EmptyState icon={ScrollText} title="No changes yet">
          Making a key, changing a limit or a role shows up here.
        </EmptyState>
      )}
      <ul aria-label="Changes" className="divide-y divide-border">
        {results.map((change) => (
          <li key={change._id} className="px-5 py-3">
            <ChangeRow change={change} />
          </li>
        ))}
      </ul>
      <ShowOlder status={status} onMore={() => loadMore(PAGE_SIZE)}>
        Show older changes
      </ShowOlder>
    </Card>
  );
}

function ChangeRow({ change }: { change: Change }) {
  const fields = changedFields(change.before, change.after);
  return (
    <details className="text-sm">
      <summary className="flex cursor-pointer flex-wrap items-baseline gap-x-3 gap-y-1 rounded-md">
        <span className="font-mono text-[0.8125rem]">{change.action}</span>
        <span className="min-w-0 basis-full truncate font-medium sm:flex-1 sm:basis-0">{change.target}</span>
        <span className="text-muted-foreground">{change.actor}</span>
        <span className="text-muted-foreground tabular-nums">{formatTime(change.at)}</span>
      </summary>
      <dl className="mt-2 grid gap-x-4 gap-y-1 text-[0.8125rem] sm:grid-cols-[max-content_minmax(0,1fr)]">
        {fields.map(({ name, before, after }) => (
          <div key={name} className="contents">
            <dt className="text-muted-foreground">{name}</dt>
            <dd className="font-mono [overflow-wrap:anywhere]">
              {before} → {after}
            </dd>
          </div>
        ))}
        {fields.length === 0 && <div className="text-muted-foreground">No fields were recorded.</div>}
      </dl>
    </details>
  );
}
