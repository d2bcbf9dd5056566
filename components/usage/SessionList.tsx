"use client";

import { useQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { formatCount } from "@/components/ui/format/formatCount";
import { formatNanoUsd } from "@/components/ui/format/formatNanoUsd";
import { formatTime } from "@/components/ui/format/formatTime";
import { TitledCard } from "@/components/ui/TitledCard";
import { api } from "@/convex/_generated/api";

type Session = FunctionReturnType<typeof api.agentSessions.list>[number];

/** What Claude Code's sessions cost, each as a tree of its agents. Nothing while there is none. */
export function SessionList() {
  const sessions = useQuery(api.agentSessions.list, {});
  if (sessions === undefined || sessions.length === 0) return null;
  return (
    <TitledCard
      className="overflow-hidden"
      title="Claude Code sessions"
      description="Spend by session, latest first. Open one to see its agents."
    >
      <ul className="divide-y divide-border">
        {sessions.map((session) => (
          <li key={`${session.keyName} ${session.sessionId}`}>
            <SessionItem session={session} />
          </li>
        ))}
      </ul>
    </TitledCard>
  );
}

function SessionItem({ session: { sessionId, keyName, lastAt, lines } }: { session: Session }) {
  const total = lines[0]?.totalNanoUsd ?? 0;
  const requests = lines.reduce((sum, line) => sum + line.requests, 0);
  return (
    <details>
      <summary className="flex min-h-11 cursor-pointer flex-wrap items-center gap-x-4 gap-y-1 px-5 py-2.5 text-sm hover:bg-muted/50">
        <span className="min-w-0 flex-1 truncate font-mono text-[0.8125rem]">{sessionId}</span>
        <span className="text-muted-foreground">{keyName}</span>
        <span className="text-muted-foreground">{formatTime(lastAt)}</span>
        <span className="text-muted-foreground tabular-nums">{requestsText(requests)}</span>
        <span className="font-medium tabular-nums">{formatNanoUsd(total)}</span>
      </summary>
      <ul className="flex flex-col gap-1 px-5 pt-1 pb-3 text-sm">
        {lines.map((line) => (
          <li
            key={line.agentId ?? ""}
            className="flex flex-wrap justify-between gap-x-4"
            style={{ paddingInlineStart: `${Math.min(line.depth, 8)}rem` }}
          >
            <span className="min-w-0 truncate">{line.agentId ?? "Main agent"}</span>
            <span className="text-muted-foreground tabular-nums">
              {requestsText(line.requests)}, {formatCount(line.inputTokens)} in,{" "}
              {formatCount(line.outputTokens)} out,{" "}
              <span className="text-foreground">{formatNanoUsd(line.costNanoUsd)}</span>
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function requestsText(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "request" : "requests"}`;
}
