import { renderTemplate } from "./promptTemplate";

export interface ComposedRun {
  run: { runId: string; eventType: string; senderEventId: string | null; receivedAt: number };
  input: string;
  /** Null: a job, whose input is its Messages body. */
  webhook: {
    prompt: string;
    system?: string;
    model: string;
    maxTokens: number;
    answerSchemaJson?: string;
  } | null;
}

/** The JSON text of the Messages request of a run. Throws TemplateError. */
export function runBody({ run, input, webhook }: ComposedRun): string {
  if (webhook === null) {
    // The body's own bytes stay as they are.
    return input.replace("{", '{"stream":true,');
  }
  const { system, model, maxTokens, answerSchemaJson } = webhook;
  const prompt = renderTemplate(webhook.prompt, eventData(run, JSON.parse(input)));
  return JSON.stringify({
    model,
    max_tokens: maxTokens,
    stream: true,
    ...(system !== undefined && { system }),
    ...(answerSchemaJson !== undefined && {
      output_config: { format: { type: "json_schema", schema: JSON.parse(answerSchemaJson) } },
    }),
    messages: [{ role: "user", content: prompt }],
  });
}

/** What templates and filters see of an event. */
export function eventData(
  { runId, eventType, senderEventId, receivedAt }: ComposedRun["run"],
  payload: unknown,
): { payload: unknown; event: Record<string, unknown> } {
  const id = senderEventId ?? runId;
  return { payload, event: { id, type: eventType, receivedAt: new Date(receivedAt).toISOString() } };
}
