"use client";

import { type FormEvent, useState } from "react";
import { LimitFields } from "@/components/limits/LimitFields";
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

const NO_PROBLEMS: KeyFormProblems = { limits: {} };

export function CreateKeyForm({
  onSubmit,
  onCancel,
}: {
  onSubmit: (draft: KeyDraft) => Promise<void>;
  onCancel: () => void;
}) {
  const [values, setValues] = useState(SANE_VALUES);
  const [problems, setProblems] = useState<KeyFormProblems>(NO_PROBLEMS);
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const set = (change: Partial<KeyFormValues>) => setValues({ ...values, ...change });

  async function submit(event: FormEvent) {
    event.preventDefault();
    const read = keyDraft(values, Date.now());
    setProblems(read.ok ? NO_PROBLEMS : read.problems);
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
      <LimitFields values={values.limits} problems={problems.limits} onChange={(limits) => set({ limits })} />
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
