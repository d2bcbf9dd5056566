"use client";

import { useQuery } from "convex/react";
import { type ReactNode, useState } from "react";
import { Field } from "@/components/ui/Field";
import { FormEnd } from "@/components/ui/FormEnd";
import { Input, Textarea } from "@/components/ui/Input";
import { Select } from "@/components/ui/Select";
import { useSubmit } from "@/components/ui/useSubmit";
import { api } from "@/convex/_generated/api";
import { DestinationChecklist } from "./DestinationChecklist";
import {
  readWebhook,
  type WebhookFormValues,
  type WebhookProblems,
  type WebhookSettings,
} from "./webhookDraft";

/** The settings of a webhook. `extra` are fields that only a new one has; `preview` shows the prompt at work. */
export function WebhookForm({
  initial,
  extra,
  preview,
  submitLabel,
  onSubmit,
  onCancel,
}: {
  initial: WebhookFormValues;
  extra?: ReactNode;
  preview?: (prompt: string) => ReactNode;
  submitLabel: string;
  onSubmit: (settings: WebhookSettings) => Promise<void>;
  onCancel: () => void;
}) {
  const keys = useQuery(api.apiKeys.list)?.filter((key) => key.revokedAt === undefined) ?? [];
  const destinations = useQuery(api.destinations.list) ?? [];
  const [values, setValues] = useState(initial);
  const [problems, setProblems] = useState<WebhookProblems>({});
  const { isBusy, problem, submit } = useSubmit(async () => {
    const read = readWebhook(values, { keys, destinations: destinations.map((each) => each.destinationId) });
    setProblems(read.ok ? {} : read.problems);
    if (read.ok) await onSubmit(read.settings);
  });
  const set = (change: Partial<WebhookFormValues>) => setValues({ ...values, ...change });

  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Name" error={problems.name}>
          {(control) => (
            <Input
              {...control}
              autoComplete="off"
              value={values.name}
              onChange={(e) => set({ name: e.target.value })}
            />
          )}
        </Field>
        <Field label="Key that pays" hint="Its budget and limits count." error={problems.apiKeyId}>
          {(control) => (
            <Select {...control} value={values.apiKeyId} onChange={(e) => set({ apiKeyId: e.target.value })}>
              <option value="">Choose a key…</option>
              {keys.map(({ apiKeyId, name, lastFour }) => (
                <option key={apiKeyId} value={apiKeyId}>{`${name} (…${lastFour})`}</option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      {extra}
      <Field
        label="Prompt"
        hint={
          'Insert with {{ payload.issue.title }}; {{ payload.body | default "none" }} for what may be missing; {{ payload | json }} for anything.'
        }
        error={problems.prompt}
      >
        {(control) => (
          <Textarea
            {...control}
            rows={6}
            className="font-mono text-[0.8125rem]"
            value={values.prompt}
            onChange={(e) => set({ prompt: e.target.value })}
          />
        )}
      </Field>
      {preview?.(values.prompt)}
      <DestinationChecklist
        destinations={destinations}
        chosen={values.destinationIds}
        onChange={(destinationIds) => set({ destinationIds })}
      />
      <MoreSettings values={values} problems={problems} set={set} />
      <FormEnd isBusy={isBusy} problem={problem} label={submitLabel} onCancel={onCancel} />
    </form>
  );
}

function MoreSettings({
  values,
  problems,
  set,
}: {
  values: WebhookFormValues;
  problems: WebhookProblems;
  set: (change: Partial<WebhookFormValues>) => void;
}) {
  const models = useQuery(api.models.list) ?? [];
  return (
    <details
      className="rounded-lg border border-border px-3.5 py-2.5"
      open={Object.keys(problems).length > 0}
    >
      <summary className="cursor-pointer text-sm font-medium">Filters, model and limits</summary>
      <div className="mt-3 flex flex-col gap-4">
        <Field
          label="Filters"
          hint="One a line, all must hold: payload.action = opened, payload.labels contains bug, payload.pull_request missing"
          error={problems.filters}
        >
          {(control) => (
            <Textarea
              {...control}
              rows={2}
              className="min-h-14 font-mono text-[0.8125rem]"
              value={values.filters}
              onChange={(e) => set({ filters: e.target.value })}
            />
          )}
        </Field>
        <Field label="System prompt">
          {(control) => (
            <Textarea
              {...control}
              rows={2}
              value={values.system}
              onChange={(e) => set({ system: e.target.value })}
            />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-3">
          <Field label="Model">
            {(control) => (
              <Select {...control} value={values.model} onChange={(e) => set({ model: e.target.value })}>
                <option value="">Gateway’s default</option>
                {models.map(({ id, displayName }) => (
                  <option key={id} value={id}>
                    {displayName}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Tokens at most" hint="Empty: the default." error={problems.maxTokens}>
            {(control) => (
              <Input
                {...control}
                inputMode="numeric"
                value={values.maxTokens}
                onChange={(e) => set({ maxTokens: e.target.value })}
              />
            )}
          </Field>
          <Field label="Runs at once" error={problems.concurrentRuns}>
            {(control) => (
              <Input
                {...control}
                inputMode="numeric"
                value={values.concurrentRuns}
                onChange={(e) => set({ concurrentRuns: e.target.value })}
              />
            )}
          </Field>
        </div>
        <Field label="JSON schema of the answer" hint="Empty: the answer is text.">
          {(control) => (
            <Textarea
              {...control}
              rows={3}
              className="font-mono text-[0.8125rem]"
              value={values.answerSchemaJson}
              onChange={(e) => set({ answerSchemaJson: e.target.value })}
            />
          )}
        </Field>
      </div>
    </details>
  );
}
