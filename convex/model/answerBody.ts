import { formatUsd } from "./pricing";
import type { Problem } from "./webhookValidators";

/** What every message about a run says of it. */
export interface RunFacts {
  runId: string;
  /** Null: the run is a job. */
  webhook: { id: string; name: string } | null;
  event: { id: string | null; type: string };
  requestId: string | null;
  costNanoUsd: number;
}

/** The body of `answer.completed`: Anthropic's Message as it came, its text, and the parsed output of a schema. */
export function answerBody(
  { hasSchema, ...facts }: RunFacts & { hasSchema: boolean },
  answer: { messageJson: string; text: string },
  at: number,
): string {
  const output = hasSchema ? { output: parsed(answer.text) } : {};
  const data = JSON.stringify({ ...dataOf(facts), text: answer.text, ...output });
  return messageBody("answer.completed", at, `${data.slice(0, -1)},"message":${answer.messageJson}}`);
}

/** The body of `answer.failed`: the run ended without an answer. */
export function failureBody(facts: RunFacts, error: Problem, at: number): string {
  return messageBody("answer.failed", at, JSON.stringify({ ...dataOf(facts), error }));
}

/** The envelope of Standard Webhooks around JSON text. */
export function messageBody(type: string, at: number, dataJson: string): string {
  return `{"type":${JSON.stringify(type)},"timestamp":"${new Date(at).toISOString()}","data":${dataJson}}`;
}

function dataOf({ runId, webhook, event, requestId, costNanoUsd }: RunFacts) {
  const source = webhook === null ? {} : { webhook, event };
  return { id: runId, ...source, request_id: requestId, cost_usd: formatUsd(costNanoUsd) };
}

/** Null for an answer that was cut off before its JSON was complete. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
