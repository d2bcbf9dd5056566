"use client";

import { useMutation, useQuery } from "convex/react";
import { useState } from "react";
import { toast } from "sonner";
import { Field } from "@/components/ui/Field";
import { FormEnd } from "@/components/ui/FormEnd";
import { formatCount } from "@/components/ui/format/formatCount";
import { Input } from "@/components/ui/Input";
import { Select } from "@/components/ui/Select";
import { Skeleton } from "@/components/ui/Skeleton";
import { TitledCard } from "@/components/ui/TitledCard";
import { useSubmit } from "@/components/ui/useSubmit";
import { api } from "@/convex/_generated/api";

/** What a request gets that names no model or no limit: POST /claude, a new chat, callClaude. */
export function DefaultsCard() {
  const settings = useQuery(api.settings.get);
  return (
    <TitledCard
      title="Defaults"
      description="For requests that name no model or no max_tokens: POST /claude, chats and actions."
    >
      <div className="p-5">
        {settings === undefined ? (
          <Skeleton className="h-24" />
        ) : (
          <DefaultsForm
            key={`${settings.defaultModel} ${settings.defaultMaxTokens}`}
            model={settings.defaultModel}
            maxTokens={settings.defaultMaxTokens}
          />
        )}
      </div>
    </TitledCard>
  );
}

function DefaultsForm({ model: savedModel, maxTokens: savedTokens }: { model: string; maxTokens: number }) {
  const models = useQuery(api.models.list) ?? [];
  const update = useMutation(api.settings.update);
  const [model, setModel] = useState(savedModel);
  const [maxTokens, setMaxTokens] = useState(String(savedTokens));
  const { isBusy, problem, submit } = useSubmit(async () => {
    await update({ defaultModel: model, defaultMaxTokens: Number(maxTokens) });
    toast("Saved the defaults.");
  });
  const most = models.find(({ id }) => id === model)?.maxOutputTokens;
  const isKnown = models.some(({ id }) => id === model);
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Model">
          {(control) => (
            <Select {...control} value={model} onChange={(event) => setModel(event.target.value)}>
              {!isKnown && <option value={model}>{model}</option>}
              {models.map(({ id, displayName }) => (
                <option key={id} value={id}>
                  {displayName}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="max_tokens" hint={most === undefined ? undefined : `At most ${formatCount(most)}.`}>
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              required
              pattern="[0-9]+"
              value={maxTokens}
              onChange={(event) => setMaxTokens(event.target.value)}
            />
          )}
        </Field>
      </div>
      <FormEnd problem={problem} isBusy={isBusy} label="Save defaults" />
    </form>
  );
}
