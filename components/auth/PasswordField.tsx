"use client";

import { Eye, EyeOff } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";

/** A password that can be shown. `purpose` tells the password manager whether to fill in or to invent one. */
export function PasswordField({
  label = "Password",
  purpose,
  value,
  onChange,
  hint,
  error,
}: {
  label?: string;
  purpose: "current" | "new";
  value: string;
  onChange: (password: string) => void;
  hint?: ReactNode;
  error?: string | undefined;
}) {
  const [isShown, setIsShown] = useState(false);
  const Icon = isShown ? EyeOff : Eye;
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <div className="relative">
          <Input
            {...control}
            name="password"
            type={isShown ? "text" : "password"}
            autoComplete={purpose === "new" ? "new-password" : "current-password"}
            required
            value={value}
            onChange={(event) => onChange(event.target.value)}
            className="h-10 pr-10"
          />
          <button
            type="button"
            aria-label={`${isShown ? "Hide" : "Show"} ${label.toLowerCase()}`}
            onClick={() => setIsShown(!isShown)}
            className="absolute top-1 right-1 inline-flex size-8 items-center justify-center rounded-md text-muted-foreground hover:bg-muted hover:text-foreground"
          >
            <Icon aria-hidden className="size-4" />
          </button>
        </div>
      )}
    </Field>
  );
}
