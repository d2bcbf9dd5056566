"use client";

import { useAction, useQuery } from "convex/react";
import type { FunctionReturnType } from "convex/server";
import { type FormEvent, useState } from "react";
import { Page } from "@/components/layout/Page";
import { Button } from "@/components/ui/Button";
import { Card } from "@/components/ui/Card";
import { CodeBlock } from "@/components/ui/CodeBlock";
import { errorText } from "@/components/ui/errorText";
import { Field } from "@/components/ui/Field";
import { InlineCode } from "@/components/ui/InlineCode";
import { Textarea } from "@/components/ui/Input";
import { Notice } from "@/components/ui/Notice";
import { Select } from "@/components/ui/Select";
import { TitledCard } from "@/components/ui/TitledCard";
import { api } from "@/convex/_generated/api";
import { Answer } from "./Answer";
import { askSnippet } from "./askSnippet";

/** One question, one answer, through the plain Convex action that other pages of an app would use. */
export function AskPanel() {
  const callClaude = useAction(api.anthropic.callClaude);
  const models = useQuery(api.models.list);
  const settings = useQuery(api.settings.get);
  const [prompt, setPrompt] = useState("");
  const [chosenModel, setChosenModel] = useState<string>();
  const [answer, setAnswer] = useState<FunctionReturnType<typeof api.anthropic.callClaude>>();
  const [problem, setProblem] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const model = chosenModel ?? settings?.defaultModel;

  async function submit(event: FormEvent) {
    event.preventDefault();
    setIsBusy(true);
    setProblem(undefined);
    try {
      setAnswer(await callClaude({ prompt, ...(model === undefined ? {} : { model }) }));
    } catch (error) {
      setProblem(errorText(error));
    } finally {
      setIsBusy(false);
    }
  }

  return (
    <Page
      width="narrow"
      title="Ask"
      description={
        <>
          The shortest way to Claude from your own React code: one Convex action,{" "}
          <InlineCode>anthropic.callClaude</InlineCode>. It is metered like every other request.
        </>
      }
    >
      <div className="flex flex-col gap-6">
        <Card aria-label="Ask Claude" className="p-5">
          <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
            <Field label="Prompt">
              {(control) => (
                <Textarea
                  {...control}
                  required
                  rows={3}
                  placeholder="Why is the sky blue?"
                  value={prompt}
                  onChange={(event) => setPrompt(event.target.value)}
                />
              )}
            </Field>
            <div className="flex flex-wrap items-end justify-between gap-4">
              <Field label="Model" className="w-full sm:w-72">
                {(control) => (
                  <Select
                    {...control}
                    disabled={models === undefined || settings === undefined}
                    value={model ?? ""}
                    onChange={(event) => setChosenModel(event.target.value)}
                  >
                    {models === undefined && <option value="">Loading…</option>}
                    {models?.map(({ id, displayName }) => (
                      <option key={id} value={id}>
                        {displayName}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
              <Button type="submit" variant="primary" isBusy={isBusy} className="max-sm:w-full">
                Ask Claude
              </Button>
            </div>
          </form>
          {problem !== undefined && (
            <Notice tone="danger" className="mt-4">
              {problem}
            </Notice>
          )}
          {answer !== undefined && <Answer answer={answer} />}
        </Card>
        <TitledCard
          className="overflow-hidden"
          title="The code"
          description="All that a component of yours needs."
        >
          <CodeBlock code={askSnippet} label="code" isWrapping={false} className="rounded-none border-0" />
        </TitledCard>
      </div>
    </Page>
  );
}
