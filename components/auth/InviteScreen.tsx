"use client";

import { useConvexAuth, useQuery } from "convex/react";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { formatRelative } from "@/components/ui/format/formatTime";
import { Skeleton } from "@/components/ui/Skeleton";
import { api } from "@/convex/_generated/api";
import { AcceptInviteForm } from "./AcceptInviteForm";
import { AuthFrame } from "./AuthFrame";
import { LinkUnusable } from "./LinkUnusable";
import { SignOutFirst } from "./SignOutFirst";

/** What an invite link opens. `token` is the credential from the link. */
export function InviteScreen({ token }: { token: string }) {
  const [openedAt] = useState(() => Date.now());
  const [isAccepting, setIsAccepting] = useState(false);
  const { isLoading, isAuthenticated } = useConvexAuth();
  const router = useRouter();
  const invite = useQuery(api.invites.check, { token, now: openedAt });
  const hasAccepted = isAccepting && isAuthenticated;
  useEffect(() => {
    if (hasAccepted) router.replace("/chat");
  }, [hasAccepted, router]);

  // The invite is used up the moment it is accepted: keep the form until the chat opens.
  if (isAuthenticated && !isAccepting) return <SignOutFirst />;
  if (invite === null && !isAccepting) return <InviteUnusable />;
  if (invite === undefined || isLoading) return <InviteSkeleton />;
  return (
    <AuthFrame
      title="Accept your invite"
      description={
        invite === null
          ? "Opening your chat…"
          : `You join as ${invite.role}. The link works once and expires ${formatRelative(invite.expiresAt, openedAt)}.`
      }
    >
      <AcceptInviteForm
        email={invite?.email ?? ""}
        token={token}
        onAccepting={() => setIsAccepting(true)}
        onRefused={() => setIsAccepting(false)}
      />
    </AuthFrame>
  );
}

function InviteUnusable() {
  return (
    <LinkUnusable
      title="This invite cannot be used"
      description="It was used already, has expired, or the link is incomplete. Ask an owner for another one."
      command={`npx convex run admin:invite '{"email": "you@example.com", "role": "owner"}'`}
    >
      <p className="mt-4 text-sm text-muted-foreground">
        Accepted it before?{" "}
        <a href="/sign-in" className="font-medium text-primary underline underline-offset-4">
          Sign in
        </a>
      </p>
    </LinkUnusable>
  );
}

function InviteSkeleton() {
  return (
    <AuthFrame title="Accept your invite" description="Checking the link…">
      <div className="flex flex-col gap-4">
        <Skeleton className="h-16" />
        <Skeleton className="h-16" />
        <Skeleton className="h-10" />
      </div>
    </AuthFrame>
  );
}
