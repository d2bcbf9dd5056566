"use client";

import { useState } from "react";
import { LimitFields } from "@/components/limits/LimitFields";
import { Field } from "@/components/ui/Field";
import { FormEnd } from "@/components/ui/FormEnd";
import { Input } from "@/components/ui/Input";
import { Select } from "@/components/ui/Select";
import { useSubmit } from "@/components/ui/useSubmit";
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
  const set = (change: Partial<KeyFormValues>) => setValues({ ...values, ...change });

  const { isBusy, problem, submit } = useSubmit(async () => {
    const read = keyDraft(values, Date.now());
    setProblems(read.ok ? NO_PROBLEMS : read.problems);
    if (read.ok) await onSubmit(read.draft);
  });

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
      <FormEnd problem={problem} isBusy={isBusy} label="Create key" onCancel={onCancel} />
    </form>
  );
}
