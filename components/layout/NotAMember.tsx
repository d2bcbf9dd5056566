"use client";

import { useAuthActions } from "@convex-dev/auth/react";
import { UserX } from "lucide-react";
import { Button } from "@/components/ui/Button";
import { EmptyState } from "@/components/ui/EmptyState";

/** The session is valid, but the member behind it was removed. */
export function NotAMember() {
  const { signOut } = useAuthActions();
  return (
    <main className="flex min-h-dvh items-center justify-center">
      <EmptyState
        heading="h1"
        icon={UserX}
        title="You are no longer a member of this gateway"
        action={<Button onClick={() => void signOut()}>Sign out</Button>}
      >
        An owner or admin removed this account. Ask them for a new invite to come back.
      </EmptyState>
    </main>
  );
}
