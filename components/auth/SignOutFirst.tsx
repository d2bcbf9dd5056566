"use client";

import { useAuthActions } from "@convex-dev/auth/react";
import { useQuery } from "convex/react";
import Link from "next/link";
import { Button, ButtonLink } from "@/components/ui/Button";
import { api } from "@/convex/_generated/api";
import { AuthFrame } from "./AuthFrame";

/** An invite makes a new account, which cannot happen inside another one's session. */
export function SignOutFirst() {
  const viewer = useQuery(api.members.viewer);
  const { signOut } = useAuthActions();
  return (
    <AuthFrame
      title="You are already signed in"
      description={`As ${viewer?.email ?? "another account"}. Sign out to accept this invite, or go on to your chat.`}
    >
      <div className="flex flex-col gap-2">
        <ButtonLink variant="primary" size="lg">
          <Link href="/chat">Go to the chat</Link>
        </ButtonLink>
        <Button size="lg" onClick={() => void signOut()}>
          Sign out and accept the invite
        </Button>
      </div>
    </AuthFrame>
  );
}
