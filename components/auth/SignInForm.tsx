"use client";

import { useAuthActions } from "@convex-dev/auth/react";
import { useConvexAuth } from "convex/react";
import { useRouter } from "next/navigation";
import { type FormEvent, useEffect, useState } from "react";
import { Button } from "@/components/ui/Button";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { Notice } from "@/components/ui/Notice";
import { authProblem } from "./authProblem";
import { PasswordField } from "./PasswordField";

export function SignInForm() {
  const { signIn } = useAuthActions();
  const { isAuthenticated } = useConvexAuth();
  const router = useRouter();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    if (isAuthenticated) router.replace("/chat");
  }, [isAuthenticated, router]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setIsBusy(true);
    setProblem(undefined);
    try {
      await signIn("password", { flow: "signIn", email: email.trim().toLowerCase(), password });
    } catch (error) {
      setProblem(authProblem(error));
      setIsBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <Field label="E-mail">
        {(control) => (
          <Input
            {...control}
            name="email"
            type="email"
            autoComplete="username"
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
            className="h-10"
          />
        )}
      </Field>
      <PasswordField purpose="current" value={password} onChange={setPassword} />
      {problem !== undefined && <Notice tone="danger">{problem}</Notice>}
      <Button type="submit" variant="primary" size="lg" isBusy={isBusy} className="mt-1 w-full">
        Sign in
      </Button>
    </form>
  );
}
