"use client";

import type { FunctionArgs } from "convex/server";
import { useState } from "react";
import { Field } from "@/components/ui/Field";
import { FormEnd } from "@/components/ui/FormEnd";
import { Input } from "@/components/ui/Input";
import { useSubmit } from "@/components/ui/useSubmit";
import type { api } from "@/convex/_generated/api";

export type DestinationDraft = FunctionArgs<typeof api.destinations.create>;

const EVENT_TYPES: { type: DestinationDraft["eventTypes"][number]; hint: string }[] = [
  { type: "budget.threshold", hint: "a budget reached a share of itself" },
  { type: "budget.exhausted", hint: "a budget is spent" },
  { type: "key.created", hint: "a key was made" },
  { type: "key.revoked", hint: "a key was revoked" },
  { type: "webhook.disabled", hint: "a destination was disabled" },
  { type: "request.completed", hint: "every request that ended; many" },
];

export function DestinationForm({
  initial,
  submitLabel,
  onSubmit,
  onCancel,
}: {
  initial: DestinationDraft;
  submitLabel: string;
  onSubmit: (draft: DestinationDraft) => Promise<void>;
  onCancel: () => void;
}) {
  const [draft, setDraft] = useState(initial);
  const { isBusy, problem, submit } = useSubmit(() => onSubmit({ ...draft, url: draft.url.trim() }));
  const { eventTypes } = draft;

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <Field label="Name">
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            value={draft.name}
            onChange={({ target }) => setDraft({ ...draft, name: target.value })}
          />
        )}
      </Field>
      <Field label="URL" hint="https on port 443 or 8443, on the public internet.">
        {(control) => (
          <Input
            {...control}
            type="url"
            autoComplete="off"
            placeholder="https://example.com/hooks"
            value={draft.url}
            onChange={({ target }) => setDraft({ ...draft, url: target.value })}
          />
        )}
      </Field>
      <fieldset>
        <legend className="mb-1.5 text-sm font-medium">Besides answers, send</legend>
        <div className="flex flex-col gap-1.5">
          {EVENT_TYPES.map(({ type, hint }) => (
            <label key={type} className="flex items-center gap-2.5 text-sm">
              <input
                type="checkbox"
                className="size-4 shrink-0 accent-primary"
                checked={eventTypes.includes(type)}
                onChange={({ target }) =>
                  setDraft({
                    ...draft,
                    eventTypes: target.checked
                      ? [...eventTypes, type]
                      : eventTypes.filter((each) => each !== type),
                  })
                }
              />
              <span>
                <span className="font-mono text-[0.8125rem]">{type}</span>{" "}
                <span className="text-muted-foreground">{hint}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <FormEnd isBusy={isBusy} problem={problem} label={submitLabel} onCancel={onCancel} />
    </form>
  );
}
