"use client";

import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/Button";
import { errorText } from "@/components/ui/errorText";
import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { Notice } from "@/components/ui/Notice";
import { Select } from "@/components/ui/Select";
import { type KeyDraft, type KeyFormProblems, type KeyFormValues, keyDraft, SANE_VALUES } from "./keyDraft";
import { ModelChecklist } from "./ModelChecklist";

const EXPIRIES = [
  { days: "", label: "Never" },
  { days: "30", label: "In 30 days" },
  { days: "90", label: "In 90 days" },
  { days: "365", label: "In a year" },
];

export function CreateKeyForm({
  onSubmit,
  onCancel,
}: {
  onSubmit: (draft: KeyDraft) => Promise<void>;
  onCancel: () => void;
}) {
  const [values, setValues] = useState(SANE_VALUES);
  const [problems, setProblems] = useState<KeyFormProblems>({});
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const set = (change: Partial<KeyFormValues>) => setValues({ ...values, ...change });

  async function submit(event: FormEvent) {
    event.preventDefault();
    const read = keyDraft(values, Date.now());
    setProblems(read.ok ? {} : read.problems);
    if (!read.ok) return;
    setIsBusy(true);
    setRefusal(undefined);
    try {
      await onSubmit(read.draft);
    } catch (error) {
      setRefusal(errorText(error));
      setIsBusy(false);
    }
  }

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <Field label="Name" hint="Who or what uses it, such as “laptop” or “ci”." error={problems.name}>
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            maxLength={80}
            value={values.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Monthly budget, USD" error={problems.monthlyBudgetUsd}>
          {(control) => (
            <Input
              {...control}
              inputMode="decimal"
              autoComplete="off"
              value={values.monthlyBudgetUsd}
              onChange={(event) => set({ monthlyBudgetUsd: event.target.value })}
            />
          )}
        </Field>
        <Field label="Expires">
          {(control) => (
            <Select
              {...control}
              value={values.expiresInDays}
              onChange={(event) => set({ expiresInDays: event.target.value })}
            >
              {EXPIRIES.map(({ days, label }) => (
                <option key={days} value={days}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Requests per minute" error={problems.requestsPerMinute}>
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              autoComplete="off"
              value={values.requestsPerMinute}
              onChange={(event) => set({ requestsPerMinute: event.target.value })}
            />
          )}
        </Field>
        <Field label="Requests at once" error={problems.concurrentRequests}>
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              autoComplete="off"
              value={values.concurrentRequests}
              onChange={(event) => set({ concurrentRequests: event.target.value })}
            />
          )}
        </Field>
      </div>
      <ModelChecklist chosen={values.allowedModels} onChange={(allowedModels) => set({ allowedModels })} />
      {refusal !== undefined && <Notice tone="danger">{refusal}</Notice>}
      <div className="mt-1 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={isBusy}>
          Create key
        </Button>
      </div>
    </form>
  );
}
