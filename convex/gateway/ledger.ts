import { internal } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import type { ActionCtx } from "../_generated/server";
import type { AdmitArgs } from "../admission";
import type { Admission, Decision } from "../model/decision";
import type { Outcome, Settlement } from "../model/outcome";
import { GatewayError } from "./GatewayError";
import { refusalError } from "./refusalError";

const SETTLE_RETRY_DELAYS_MS = [100, 400, 1_600, 6_400];

/** What admit is asked; the attempts at asking are counted here. */
export type AdmitRequest = Omit<AdmitArgs, "attempt">;

/** Admits a request or throws the refusal. */
export async function admit(ctx: ActionCtx, args: AdmitRequest): Promise<Admission> {
  const decision = await decide(ctx, args);
  if (!decision.ok) {
    throw refusalError(decision.refusal);
  }
  return decision;
}

/** A lost write conflict is tried once more; then it is the gateway's overload, not the caller's fault. */
async function decide(ctx: ActionCtx, args: AdmitRequest): Promise<Decision> {
  try {
    return await ctx.runMutation(internal.requests.admit, { attempt: 1, ...args });
  } catch (error) {
    console.error("admit failed and is tried again", error);
  }
  try {
    return await ctx.runMutation(internal.requests.admit, { attempt: 2, ...args });
  } catch (error) {
    throw overloaded(error);
  }
}

/** What the caller sees when the database did not take a write in time. */
export function overloaded(error: unknown): GatewayError {
  console.error("the gateway could not record a request", error);
  return new GatewayError(
    "overloaded_error",
    "The gateway is overloaded and could not record this request.",
    {
      retryAfterMs: 1_000,
    },
  );
}

/** How the web chat's answer is closed together with its request. */
export interface FinishedMessage {
  status: "complete" | "stopped" | "failed";
  contentJson: string;
  errorMessage?: string;
}

/**
 * Closes a request, trying again for about eight seconds. Null when even that failed: then the lease runs out
 * and the cron settles at an estimate.
 */
export async function settle(
  ctx: ActionCtx,
  args: { rowId: Id<"requests">; outcome: Outcome; message?: FinishedMessage },
): Promise<Settlement | null> {
  for (const delayMs of [...SETTLE_RETRY_DELAYS_MS, null]) {
    try {
      return await ctx.runMutation(internal.requests.settle, args);
    } catch (error) {
      console.error(`settle of ${args.rowId} failed`, error);
      if (delayMs === null) {
        return null;
      }
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
  return null;
}
