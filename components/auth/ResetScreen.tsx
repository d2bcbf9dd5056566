"use client";

import { useAuthActions } from "@convex-dev/auth/react";
import { useAction, useConvexAuth, useQuery } from "convex/react";
import { useRouter } from "next/navigation";
import { type FormEvent, useEffect, useState } from "react";
import { Button } from "@/components/ui/Button";
import { formatRelative } from "@/components/ui/format/formatTime";
import { Notice } from "@/components/ui/Notice";
import { Skeleton } from "@/components/ui/Skeleton";
import { api } from "@/convex/_generated/api";
import { AuthFrame } from "./AuthFrame";
import { authProblem } from "./authProblem";
import { LinkUnusable } from "./LinkUnusable";
import { PasswordField } from "./PasswordField";

/** What a reset link opens. `token` is the credential from the link. */
export function ResetScreen({ token }: { token: string }) {
  const [openedAt] = useState(() => Date.now());
  const reset = useQuery(api.passwordResets.check, { token, now: openedAt });
  // The link is used up the moment the password is set: keep the form until the chat opens.
  const [opened, setOpened] = useState<{ email: string; expiresAt: number }>();
  const shown = reset ?? opened;
  if (shown === undefined && reset === undefined) {
    return (
      <AuthFrame title="Set another password" description="Checking the link…">
        <Skeleton className="h-16" />
      </AuthFrame>
    );
  }
  if (shown === undefined) return <ResetUnusable />;
  return (
    <AuthFrame
      title="Set another password"
      description={`For ${shown.email}. The link works once and expires ${formatRelative(shown.expiresAt, openedAt)}. All sessions of this account end.`}
    >
      <ResetForm token={token} onSubmit={() => setOpened(shown)} />
    </AuthFrame>
  );
}

function ResetForm({ token, onSubmit }: { token: string; onSubmit: () => void }) {
  const redeem = useAction(api.passwordResets.redeem);
  const { signIn } = useAuthActions();
  const { isAuthenticated } = useConvexAuth();
  const router = useRouter();
  const [password, setPassword] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [isDone, setIsDone] = useState(false);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    if (isDone && isAuthenticated) router.replace("/chat");
  }, [isDone, isAuthenticated, router]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setIsBusy(true);
    setProblem(undefined);
    onSubmit();
    try {
      const { email } = await redeem({ token, newPassword: password });
      await signIn("password", { flow: "signIn", email, password });
      setIsDone(true);
    } catch (error) {
      setProblem(authProblem(error));
      setIsBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <PasswordField
        label="New password"
        purpose="new"
        value={password}
        onChange={setPassword}
        hint="At least 12 characters."
      />
      {problem !== undefined && <Notice tone="danger">{problem}</Notice>}
      <Button type="submit" variant="primary" size="lg" isBusy={isBusy} className="mt-1 w-full">
        Set password and sign in
      </Button>
    </form>
  );
}

function ResetUnusable() {
  return (
    <LinkUnusable
      title="This link cannot be used"
      description="It was used already, has expired, was replaced by a newer one, or is incomplete. Ask an owner for another one."
      command={`npx convex run admin:resetPassword '{"email": "you@example.com"}'`}
    />
  );
}
