"use client";

import { useAuthActions } from "@convex-dev/auth/react";
import { UserX } from "lucide-react";
import { useRouter } from "next/navigation";
import { Button } from "@/components/ui/Button";
import { EmptyState } from "@/components/ui/EmptyState";

/** The browser still has a token, but its session ended: another password was set, or the member was removed. */
export function NotAMember() {
  const { signOut } = useAuthActions();
  const router = useRouter();
  async function leave() {
    await signOut();
    router.replace("/sign-in");
  }
  return (
    <main className="flex min-h-dvh items-center justify-center">
      <EmptyState
        heading="h1"
        icon={UserX}
        title="This session has ended"
        action={
          <Button variant="primary" onClick={() => void leave()}>
            Sign in again
          </Button>
        }
      >
        The password of this account was changed, or an owner removed it from the gateway. If you cannot sign
        in any more, ask an owner for an invite.
      </EmptyState>
    </main>
  );
}
