import { filtersProblem } from "./payloadFilter";
import { templateProblem } from "./promptTemplate";
import type { WebhookSettings } from "./webhookValidators";

const NAME_LENGTH_MAX = 100;
const TEXT_LENGTH_MAX = 100_000;
const SCHEMA_LENGTH_MAX = 50_000;
const DESTINATIONS_MAX = 10;
const CONCURRENT_RUNS_MAX = 50;

/** What is wrong with a webhook's settings, in words for its form; null when nothing is. */
export function webhookProblem(settings: WebhookSettings): string | null {
  const {
    name,
    prompt,
    system = "",
    maxTokens = 1,
    concurrentRuns,
    answerSchemaJson,
    destinationIds,
  } = settings;
  if (name.trim() === "" || name.length > NAME_LENGTH_MAX) {
    return `The name has ${name.length} characters; it needs 1 to ${NAME_LENGTH_MAX}.`;
  }
  if (prompt.trim() === "" || prompt.length > TEXT_LENGTH_MAX || system.length > TEXT_LENGTH_MAX) {
    return `The prompt is empty, or prompt or system prompt is longer than ${TEXT_LENGTH_MAX} characters.`;
  }
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 1) {
    return `max_tokens is ${maxTokens}; it must be a positive integer.`;
  }
  if (!Number.isSafeInteger(concurrentRuns) || concurrentRuns < 1 || concurrentRuns > CONCURRENT_RUNS_MAX) {
    return `${concurrentRuns} runs at once; it must be 1 to ${CONCURRENT_RUNS_MAX}.`;
  }
  if (destinationIds.length > DESTINATIONS_MAX) {
    return `There are ${destinationIds.length} destinations; at most ${DESTINATIONS_MAX} are allowed.`;
  }
  return templateProblem(prompt) ?? filtersProblem(settings.filters) ?? schemaProblem(answerSchemaJson);
}

function schemaProblem(json: string | undefined): string | null {
  if (json === undefined) {
    return null;
  }
  const isObject = json.length <= SCHEMA_LENGTH_MAX && /^\s*\{/.test(json) && isJson(json);
  return isObject
    ? null
    : `The answer's schema is not a JSON object of at most ${SCHEMA_LENGTH_MAX} characters.`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
