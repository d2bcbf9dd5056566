"use client";

import { useAuthActions } from "@convex-dev/auth/react";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { Notice } from "@/components/ui/Notice";
import { authProblem } from "./authProblem";
import { PasswordField } from "./PasswordField";

const PASSWORD_LENGTH_MIN = 12;

/** Sets the password, which creates the account and signs in. */
export function AcceptInviteForm({
  email: invitedEmail,
  token,
  onAccepting,
  onRefused,
}: {
  email: string;
  token: string;
  onAccepting: () => void;
  onRefused: () => void;
}) {
  const { signIn } = useAuthActions();
  // The invite, and its e-mail with it, is gone as soon as it is accepted.
  const [email] = useState(invitedEmail);
  const [password, setPassword] = useState("");
  const [isTooShort, setIsTooShort] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  async function submit(event: FormEvent) {
    event.preventDefault();
    setIsTooShort(password.length < PASSWORD_LENGTH_MIN);
    if (password.length < PASSWORD_LENGTH_MIN) return;
    setIsBusy(true);
    setProblem(undefined);
    onAccepting();
    try {
      await signIn("password", { flow: "signUp", email, password, inviteToken: token });
    } catch (error) {
      setProblem(authProblem(error));
      setIsBusy(false);
      onRefused();
    }
  }

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <Field label="E-mail">
        {(control) => (
          <Input
            {...control}
            name="email"
            type="email"
            autoComplete="username"
            readOnly
            value={email}
            className="h-10 bg-muted text-muted-foreground"
          />
        )}
      </Field>
      <PasswordField
        purpose="new"
        value={password}
        onChange={setPassword}
        hint={`At least ${PASSWORD_LENGTH_MIN} characters.`}
        error={
          isTooShort && password.length < PASSWORD_LENGTH_MIN
            ? `${password.length} characters; at least ${PASSWORD_LENGTH_MIN} are needed.`
            : undefined
        }
      />
      {problem !== undefined && <Notice tone="danger">{problem}</Notice>}
      <Button type="submit" variant="primary" size="lg" isBusy={isBusy} className="mt-1 w-full">
        Create account and sign in
      </Button>
    </form>
  );
}
