"use client";

import { useAction, useQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { CircleCheck, CircleX } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/Button";
import { CodeBlock } from "@/components/ui/CodeBlock";
import { errorText } from "@/components/ui/errorText";
import { TextWithCode } from "@/components/ui/InlineCode";
import { Notice } from "@/components/ui/Notice";
import { Skeleton } from "@/components/ui/Skeleton";
import { TitledCard } from "@/components/ui/TitledCard";
import { api } from "@/convex/_generated/api";

type Check = FunctionReturnType<typeof api.status.get>[number];

/** What `npm run doctor` says of the deployment, each finding with the command that mends it. */
export function StatusCard() {
  const [webUrl] = useState(() => window.location.origin);
  const checks = useQuery(api.status.get, { webUrl });
  const probe = useAction(api.status.probe);
  const [answer, setAnswer] = useState<Check[]>();
  const [isAsking, setIsAsking] = useState(false);
  const [problem, setProblem] = useState<string>();
  async function ask() {
    setIsAsking(true);
    setProblem(undefined);
    try {
      setAnswer(await probe());
    } catch (error) {
      setProblem(errorText(error));
    } finally {
      setIsAsking(false);
    }
  }
  const wrong = checks?.filter(({ ok }) => !ok).length ?? 0;
  return (
    <TitledCard
      title="Status"
      description={
        wrong === 0
          ? "What the deployment has, and what it lacks."
          : `${wrong} ${wrong === 1 ? "thing needs" : "things need"} a command, typed in the project’s folder; for production, env set and env remove take --prod.`
      }
      action={
        <Button size="sm" isBusy={isAsking} onClick={() => void ask()}>
          Check the key with Claude
        </Button>
      }
    >
      {checks === undefined ? <StatusSkeleton /> : <CheckList checks={[...checks, ...(answer ?? [])]} />}
      <div role="status" className="px-5 empty:hidden">
        {answer?.length === 0 && (
          <p className="pb-4 text-sm text-muted-foreground">
            Claude was not asked: mend what is wrong above first.
          </p>
        )}
      </div>
      {problem !== undefined && (
        <Notice tone="danger" className="m-5 mt-0">
          {problem}
        </Notice>
      )}
    </TitledCard>
  );
}

function CheckList({ checks }: { checks: Check[] }) {
  return (
    <ul aria-label="Checks" className="divide-y divide-border">
      {checks.map((check) => (
        <li key={check.name} className="flex gap-3 px-5 py-3 text-sm">
          {check.ok ? (
            <CircleCheck aria-label="Fine" className="mt-0.5 size-4 shrink-0 text-success" />
          ) : (
            <CircleX aria-label="Wrong" className="mt-0.5 size-4 shrink-0 text-destructive" />
          )}
          <div className="min-w-0 flex-1">
            <p className="[overflow-wrap:anywhere]">
              <TextWithCode text={check.detail} />
            </p>
            {check.command !== undefined && (
              <CodeBlock code={check.command} label={`command for ${check.name}`} className="mt-2" />
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

function StatusSkeleton() {
  return (
    <div role="status" aria-label="Loading the status" className="flex flex-col gap-4 p-5">
      {["key", "address", "sign-in", "site", "secrets"].map((row) => (
        <Skeleton key={row} className="h-5" />
      ))}
    </div>
  );
}
