import { type ReactNode, useId } from "react";
import { cn } from "./cn";
import { Label } from "./Label";

/** What the control inside a `Field` must spread to be labelled, described and marked as wrong. */
export type FieldControlProps = {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
};

/** A labelled control with a hint or, when there is one, the error in its place. */
export function Field({
  label,
  hint,
  error,
  className,
  children,
}: {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  className?: string;
  children: (control: FieldControlProps) => ReactNode;
}) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div className={cn("flex min-w-0 flex-col gap-1.5", className)}>
      <Label htmlFor={id}>{label}</Label>
      {children({
        id,
        "aria-describedby": note === undefined ? undefined : noteId,
        "aria-invalid": error === undefined ? undefined : true,
      })}
      {note !== undefined && (
        <p
          id={noteId}
          role={error === undefined ? undefined : "alert"}
          className={cn(
            "text-[0.8125rem]",
            error === undefined ? "text-muted-foreground" : "text-destructive",
          )}
        >
          {note}
        </p>
      )}
    </div>
  );
}
