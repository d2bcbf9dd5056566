import type { FunctionReturnType } from "convex/server";
import type { Tone } from "@/components/ui/Badge";
import type { api } from "@/convex/_generated/api";

export type LoggedEvent = FunctionReturnType<typeof api.events.list>["page"][number];
export type LoggedDelivery = FunctionReturnType<typeof api.deliveryLog.list>["page"][number];

export const RUN_STATES: Record<LoggedEvent["status"], { word: string; tone: Tone }> = {
  queued: { word: "Queued", tone: "info" },
  running: { word: "Running", tone: "accent" },
  succeeded: { word: "Answered", tone: "success" },
  failed: { word: "Failed", tone: "danger" },
  ignored: { word: "Ignored", tone: "neutral" },
};

export const DELIVERY_STATES: Record<LoggedDelivery["status"], { word: string; tone: Tone }> = {
  pending: { word: "Waiting", tone: "info" },
  sending: { word: "Sending", tone: "accent" },
  delivered: { word: "Delivered", tone: "success" },
  failed: { word: "Failed", tone: "danger" },
  canceled: { word: "Canceled", tone: "neutral" },
};

/** The state that a filter's option stands for. */
export function stateOf<State extends string>(
  states: Record<State, unknown>,
  text: string,
): State | undefined {
  return keysOf(states).find((state) => state === text);
}

export function keysOf<State extends string>(states: Record<State, unknown>): State[] {
  return Object.keys(states) as State[];
}
