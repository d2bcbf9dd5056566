"use client";

import { useQuery } from "convex/react";
import { useDeferredValue } from "react";
import { CodeBlock } from "@/components/ui/CodeBlock";
import { Notice } from "@/components/ui/Notice";
import { Skeleton } from "@/components/ui/Skeleton";
import { api } from "@/convex/_generated/api";
import type { ListedWebhook } from "./webhookDraft";

/** The prompt over the newest payload that the webhook got, while it is being written. */
export function TemplatePreview({
  webhookId,
  prompt,
}: {
  webhookId: ListedWebhook["webhookId"];
  prompt: string;
}) {
  const preview = useQuery(api.events.preview, { webhookId, prompt: useDeferredValue(prompt) });
  return (
    <section aria-label="Preview" aria-live="polite" className="flex flex-col gap-2">
      <h3 className="text-[0.8125rem] font-medium">With the newest event</h3>
      {preview === undefined && <Skeleton className="h-16" />}
      {preview?.kind === "noEvent" && (
        <p className="text-[0.8125rem] text-muted-foreground">
          No event has come yet. Send one, and the prompt is shown here as Claude gets it.
        </p>
      )}
      {preview?.kind === "problem" && <Notice tone="warning">{preview.problem}</Notice>}
      {preview?.kind === "text" && (
        <CodeBlock
          code={preview.text}
          label="prompt for the newest event"
          className="max-h-48 overflow-y-auto"
        />
      )}
      {preview !== undefined && preview.kind !== "noEvent" && (
        <details className="text-[0.8125rem]">
          <summary className="cursor-pointer text-muted-foreground">Its payload</summary>
          <CodeBlock
            code={prettyJson(preview.payload)}
            label="payload"
            className="mt-2 max-h-48 overflow-y-auto"
          />
        </details>
      )}
    </section>
  );
}

/** JSON text for people; what is cut off stays as it is. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // A long text is cut off by the server and no whole JSON any more.
    return text;
  }
}
