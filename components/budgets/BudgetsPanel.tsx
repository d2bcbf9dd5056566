"use client";

import { useQuery } from "convex/react";
import { Lock } from "lucide-react";
import Link from "next/link";
import { isAdministrator } from "@/components/layout/isAdministrator";
import { Page } from "@/components/layout/Page";
import { useViewer } from "@/components/layout/ViewerContext";
import { EmptyState } from "@/components/ui/EmptyState";
import { Skeleton } from "@/components/ui/Skeleton";
import { api } from "@/convex/_generated/api";
import { BudgetEvents } from "./BudgetEvents";
import { GatewayCard } from "./GatewayCard";
import { MemberBudgets } from "./MemberBudgets";

/** Limits of the gateway and of every member; for owners and admins. */
export function BudgetsPanel() {
  const isAllowed = isAdministrator(useViewer());
  return (
    <Page
      title="Budgets"
      description={
        <>
          Limits of the whole gateway and of each member, on top of those of the keys. Keys have theirs on{" "}
          <Link href="/keys" className="underline underline-offset-4">
            the Keys page
          </Link>
          .
        </>
      }
    >
      {isAllowed ? (
        <Budgets />
      ) : (
        <EmptyState icon={Lock} title="For owners and admins">
          Your role does not include budgets.
        </EmptyState>
      )}
    </Page>
  );
}

function Budgets() {
  const budgets = useQuery(api.budgets.list);
  if (budgets === undefined) return <Skeleton className="h-64" />;
  return (
    <div className="flex flex-col gap-6">
      <GatewayCard gateway={budgets.gateway} />
      <MemberBudgets members={budgets.members} />
      <BudgetEvents />
    </div>
  );
}
