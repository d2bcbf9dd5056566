import type { FunctionReturnType } from "convex/server";
import type { Tone } from "@/components/ui/Badge";
import { formatCount } from "@/components/ui/format/formatCount";
import type { api } from "@/convex/_generated/api";

export type ApiKey = FunctionReturnType<typeof api.apiKeys.list>[number];

/** The state of a key in one word; a revoked key stays revoked whatever else is true. */
export function keyState(key: ApiKey, now: number): { word: string; tone: Tone } {
  if (key.revokedAt !== undefined) return { word: "Revoked", tone: "neutral" };
  if (key.expiresAt !== undefined && key.expiresAt <= now) return { word: "Expired", tone: "warning" };
  if (key.pausedAt !== undefined) return { word: "Paused", tone: "warning" };
  return { word: "Active", tone: "success" };
}

/** Limits other than money, in short: "60/min · 5 at once · 2 models". */
export function limitsText({ limits }: ApiKey): string {
  const parts = [
    limits.requestsPerMinute === undefined ? null : `${formatCount(limits.requestsPerMinute)}/min`,
    limits.concurrentRequests === undefined ? null : `${formatCount(limits.concurrentRequests)} at once`,
    limits.allowedModels === undefined ? null : modelsText(limits.allowedModels),
  ].filter((part) => part !== null);
  return parts.length === 0 ? "No limits" : parts.join(" · ");
}

function modelsText(models: string[]): string {
  return models.length === 1 ? (models[0] ?? "") : `${models.length} models`;
}
