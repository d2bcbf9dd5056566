"use client";

import { usePaginatedQuery } from "convex/react";
import { ScrollText } from "lucide-react";
import { useState } from "react";
import { useDeployment } from "@/components/layout/DeploymentContext";
import { CodeBlock } from "@/components/ui/CodeBlock";
import { EmptyState } from "@/components/ui/EmptyState";
import { ShowOlder } from "@/components/ui/ShowOlder";
import { Skeleton } from "@/components/ui/Skeleton";
import { TitledCard } from "@/components/ui/TitledCard";
import { api } from "@/convex/_generated/api";
import { RequestCards } from "./RequestCards";
import { RequestDialog } from "./RequestDialog";
import { RequestTable } from "./RequestTable";

const PAGE_SIZE = 25;

/** Every request, newest first; new ones appear by themselves. */
export function RequestLog() {
  const { results, status, loadMore } = usePaginatedQuery(
    api.requests.list,
    {},
    { initialNumItems: PAGE_SIZE },
  );
  const [openId, setOpenId] = useState<string>();
  // The row and not a copy of it, so that an open dialog follows a request to its end.
  const open = results.find((row) => row._id === openId);
  return (
    <TitledCard
      className="overflow-hidden"
      title="Requests"
      description="Live: new requests appear by themselves."
    >
      {status === "LoadingFirstPage" && <LogSkeleton />}
      {status !== "LoadingFirstPage" && results.length === 0 && <NoRequests />}
      {results.length > 0 && (
        <>
          <RequestTable rows={results} onOpen={setOpenId} />
          <RequestCards rows={results} onOpen={setOpenId} />
        </>
      )}
      <ShowOlder status={status} onMore={() => loadMore(PAGE_SIZE)}>
        Show older requests
      </ShowOlder>
      {open !== undefined && <RequestDialog row={open} onClose={() => setOpenId(undefined)} />}
    </TitledCard>
  );
}

function NoRequests() {
  const { siteUrl } = useDeployment();
  return (
    <EmptyState
      icon={ScrollText}
      title="No requests yet"
      action={
        <CodeBlock
          label="curl line"
          className="text-left"
          code={`curl -N ${siteUrl}/claude -H "Authorization: Bearer <your key>" -d "Hello"`}
        />
      }
    >
      Write something in the chat, or create a key and run this. The request shows up here within a second.
    </EmptyState>
  );
}

function LogSkeleton() {
  return (
    <div className="flex flex-col gap-4 p-5" role="status" aria-label="Loading requests">
      {Array.from({ length: 6 }, (_, row) => row).map((row) => (
        <Skeleton key={row} className="h-6" />
      ))}
    </div>
  );
}
