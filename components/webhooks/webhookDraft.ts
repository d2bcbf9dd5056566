import type { FunctionArgs, FunctionReturnType } from "convex/server";
import type { api } from "@/convex/_generated/api";

export type ListedWebhook = FunctionReturnType<typeof api.webhooks.list>[number];
export type WebhookSettings = FunctionArgs<typeof api.webhooks.update>["settings"];
export type PayloadFilter = WebhookSettings["filters"][number];

/** What the form holds: the text of its fields. */
export type WebhookFormValues = {
  name: string;
  apiKeyId: string;
  prompt: string;
  system: string;
  model: string;
  maxTokens: string;
  answerSchemaJson: string;
  filters: string;
  destinationIds: string[];
  concurrentRuns: string;
};

export const EMPTY_WEBHOOK: WebhookFormValues = {
  name: "",
  apiKeyId: "",
  prompt: "Summarize this event in one sentence:\n\n{{ payload | json }}",
  system: "",
  model: "",
  maxTokens: "",
  answerSchemaJson: "",
  filters: "",
  destinationIds: [],
  concurrentRuns: "5",
};

export function valuesOf(webhook: ListedWebhook): WebhookFormValues {
  return {
    name: webhook.name,
    apiKeyId: webhook.apiKeyId,
    prompt: webhook.prompt,
    system: webhook.system ?? "",
    model: webhook.model ?? "",
    maxTokens: webhook.maxTokens === undefined ? "" : String(webhook.maxTokens),
    answerSchemaJson: webhook.answerSchemaJson ?? "",
    filters: webhook.filters.map(filterLine).join("\n"),
    destinationIds: webhook.destinationIds,
    concurrentRuns: String(webhook.concurrentRuns),
  };
}

export type WebhookProblems = Partial<Record<keyof WebhookFormValues, string>>;

type Choices = {
  keys: { apiKeyId: WebhookSettings["apiKeyId"] }[];
  destinations: WebhookSettings["destinationIds"];
};

/** The settings that the form stands for, or what is wrong with its fields. */
export function readWebhook(
  values: WebhookFormValues,
  { keys, destinations }: Choices,
): { ok: true; settings: WebhookSettings } | { ok: false; problems: WebhookProblems } {
  const problems: WebhookProblems = {};
  const apiKeyId = keys.find((key) => key.apiKeyId === values.apiKeyId)?.apiKeyId;
  const maxTokens = values.maxTokens.trim() === "" ? undefined : wholeNumber(values.maxTokens);
  const concurrentRuns = wholeNumber(values.concurrentRuns);
  const filters = values.filters.split("\n").filter((line) => line.trim() !== "");
  const read = filters.map(readFilter);
  const wrong = filters.find((_, index) => read[index] === null);
  if (values.name.trim() === "") problems.name = "Give it a name.";
  if (values.prompt.trim() === "") problems.prompt = "Write what Claude shall do with an event.";
  if (maxTokens === null) problems.maxTokens = "A whole number, 1 or more.";
  if (concurrentRuns === null) problems.concurrentRuns = "A whole number, 1 or more.";
  if (apiKeyId === undefined) problems.apiKeyId = "Choose the key that pays.";
  if (wrong !== undefined) problems.filters = `“${wrong}” is not a filter.`;
  if (
    Object.keys(problems).length > 0 ||
    apiKeyId === undefined ||
    maxTokens === null ||
    concurrentRuns === null
  ) {
    return { ok: false, problems };
  }
  const settings = {
    name: values.name.trim(),
    apiKeyId,
    prompt: values.prompt,
    filters: read.filter((filter) => filter !== null),
    destinationIds: destinations.filter((id) => values.destinationIds.includes(id)),
    concurrentRuns,
    ...(values.system.trim() !== "" && { system: values.system }),
    ...(values.model !== "" && { model: values.model }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(values.answerSchemaJson.trim() !== "" && { answerSchemaJson: values.answerSchemaJson }),
  };
  return { ok: true, settings };
}

const OPERATORS: Record<string, PayloadFilter["operator"]> = {
  "=": "equals",
  "!=": "notEquals",
  contains: "contains",
  exists: "exists",
  missing: "missing",
};

/** One line of the form: `payload.action = opened`, `payload.pull_request missing`. */
export function readFilter(line: string): PayloadFilter | null {
  const match = /^\s*(\S+)\s+(=|!=|contains|exists|missing)(?:\s+(.*?))?\s*$/.exec(line);
  const operator = OPERATORS[match?.[2] ?? ""];
  if (!match?.[1] || operator === undefined) return null;
  const path = match[1];
  if (operator === "exists" || operator === "missing") return match[3] ? null : { path, operator };
  return match[3] === undefined ? null : { path, operator, value: match[3] };
}

function filterLine({ path, operator, value }: PayloadFilter): string {
  const sign = Object.keys(OPERATORS).find((each) => OPERATORS[each] === operator) ?? operator;
  return [path, sign, value].filter((part) => part !== undefined).join(" ");
}

function wholeNumber(text: string): number | null {
  const value = Number(text.trim().replaceAll(",", ""));
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}
