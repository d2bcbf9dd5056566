import type { FunctionReturnType } from "convex/server";
import type { Tone } from "@/components/ui/Badge";
import { formatCount } from "@/components/ui/format/formatCount";
import { formatDurationMs } from "@/components/ui/format/formatTime";
import type { api } from "@/convex/_generated/api";

export type RequestRow = FunctionReturnType<typeof api.requests.list>["page"][number];

/** What a cell shows when there is no value yet, or none at all. */
export const NO_VALUE = "–";

const STATUSES: Record<RequestRow["status"], { word: string; tone: Tone }> = {
  running: { word: "Running", tone: "info" },
  succeeded: { word: "Succeeded", tone: "success" },
  failed: { word: "Failed", tone: "danger" },
  canceled: { word: "Canceled", tone: "neutral" },
  truncated: { word: "Truncated", tone: "warning" },
  expired: { word: "Expired", tone: "warning" },
  refused: { word: "Refused", tone: "danger" },
};

export function requestStatus(row: RequestRow): { word: string; tone: Tone } {
  return STATUSES[row.status];
}

/** Where the request came from: the key's name, or the part of the product. */
export function requestSource(row: RequestRow): string {
  if (row.keyName !== null) return row.keyName;
  if (row.source === "chat") return "Chat";
  return row.source === "action" ? "Ask" : "API";
}

/** All input classes together, as one number for people. */
export function inputTokensText({ tokens }: RequestRow): string {
  if (tokens === null) return NO_VALUE;
  const { inputTokens, cacheReadInputTokens, cacheCreation5mInputTokens, cacheCreation1hInputTokens } =
    tokens;
  return formatCount(
    inputTokens + cacheReadInputTokens + cacheCreation5mInputTokens + cacheCreation1hInputTokens,
  );
}

export function outputTokensText({ tokens }: RequestRow): string {
  return tokens === null ? NO_VALUE : formatCount(tokens.outputTokens);
}

export function latencyText({ startedAt, endedAt }: RequestRow): string {
  return endedAt === null ? NO_VALUE : formatDurationMs(endedAt - startedAt);
}

export function timeToFirstTokenText({ timeToFirstTokenMs }: RequestRow): string {
  return timeToFirstTokenMs === null ? NO_VALUE : formatDurationMs(timeToFirstTokenMs);
}
