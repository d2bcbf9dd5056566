import type { FunctionReturnType } from "convex/server";
import { limitsText as meterLimitsText } from "@/components/limits/limitsText";
import type { Tone } from "@/components/ui/Badge";
import type { api } from "@/convex/_generated/api";

export type ApiKey = FunctionReturnType<typeof api.apiKeys.list>[number];

/** The state of a key in one word; a revoked key stays revoked whatever else is true. */
export function keyState(key: ApiKey, now: number): { word: string; tone: Tone } {
  if (key.revokedAt !== undefined) return { word: "Revoked", tone: "neutral" };
  if (key.expiresAt !== undefined && key.expiresAt <= now) return { word: "Expired", tone: "warning" };
  if (key.killedAt !== undefined) return { word: "Killed", tone: "danger" };
  if (key.pausedAt !== undefined) return { word: "Paused", tone: "warning" };
  return { word: "Active", tone: "success" };
}

/** Limits other than money, in short: "60/min · 5 at once · 2 models". */
export function limitsText({ limits }: ApiKey): string {
  const { allowedModels } = limits;
  const parts = [meterLimitsText(limits), allowedModels === undefined ? "" : modelsText(allowedModels)];
  return parts.filter((part) => part !== "").join(" · ") || "No other limits";
}

function modelsText(models: string[]): string {
  return models.length === 1 ? (models[0] ?? "") : `${models.length} models`;
}
