import { ConvexError } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { wakeDispatcher } from "./dispatcher";
import { answerBody, failureBody } from "./model/answerBody";
import { afterFailure } from "./model/attemptVerdict";
import type { Outcome } from "./model/outcome";
import type { Callback, Problem } from "./model/webhookValidators";
import { postMessage } from "./postMessage";

interface AttemptEnd {
  outcome: Outcome;
  costNanoUsd: number;
  retryAfterMs: number | null;
  answer: { messageJson: string; text: string } | null;
}

/** What a settled attempt means for its run: the answer, another attempt, or a failure. */
export async function closeAttempt(ctx: MutationCtx, running: Doc<"runs">, end: AttemptEnd): Promise<void> {
  const run = { ...running, costNanoUsd: running.costNanoUsd + end.costNanoUsd };
  if (end.answer !== null && end.outcome.status === "succeeded") {
    await completeRun(ctx, run, end.answer);
    return;
  }
  const problem = {
    type: end.outcome.errorType ?? "api_error",
    message: end.outcome.errorMessage ?? "Claude gave no answer.",
  };
  const verdict =
    end.outcome.status === "canceled"
      ? ({ kind: "failed" } as const)
      : afterFailure(run.attempts, end.outcome, end.retryAfterMs);
  if (verdict.kind === "retry") await requeue(ctx, run, { problem, waitMs: verdict.waitMs });
  else await failRun(ctx, run, problem);
}

async function completeRun(
  ctx: MutationCtx,
  run: Doc<"runs">,
  answer: { messageJson: string; text: string },
): Promise<void> {
  const messageId = messageIdOf(run);
  await ctx.db.patch("runs", run._id, {
    status: "succeeded",
    dueAt: Date.now(),
    costNanoUsd: run.costNanoUsd,
    problem: undefined,
    messageId,
  });
  const webhook = await webhookOf(ctx, run);
  const body = answerBody(
    { ...factsOf(run, webhook), hasSchema: webhook?.answerSchemaJson !== undefined },
    answer,
    Date.now(),
  );
  await postMessage(
    ctx,
    { messageId, type: "answer.completed", runId: run.runId, body },
    targetsOf(run, webhook),
  );
}

/** Records a failure for good; it can be run again by hand. */
export async function failRun(ctx: MutationCtx, run: Doc<"runs">, problem: Problem): Promise<void> {
  const messageId = `${messageIdOf(run)}_failed_${run.claims}`;
  const { costNanoUsd } = run;
  await ctx.db.patch("runs", run._id, {
    status: "failed",
    dueAt: Date.now(),
    costNanoUsd,
    problem,
    messageId,
  });
  const webhook = await webhookOf(ctx, run);
  const body = failureBody(factsOf(run, webhook), problem, Date.now());
  await postMessage(
    ctx,
    { messageId, type: "answer.failed", runId: run.runId, body },
    targetsOf(run, webhook),
  );
}

/** Puts a run back into the queue; the problem says meanwhile why it waits. */
export async function requeue(
  ctx: MutationCtx,
  run: Doc<"runs">,
  { problem, waitMs }: { problem?: Problem; waitMs: number },
): Promise<void> {
  const { costNanoUsd } = run;
  await ctx.db.patch("runs", run._id, {
    status: "queued",
    dueAt: Date.now() + waitMs,
    costNanoUsd,
    problem,
    requestRowId: undefined, // Settled, and its cost is counted.
  });
  await wakeDispatcher(ctx, "runs");
}

/** Runs a failed or ignored event or job again, by hand, with all its attempts. Throws ConvexError. */
export async function rerunEvent(ctx: MutationCtx, runId: string): Promise<void> {
  const run = await ctx.db
    .query("runs")
    .withIndex("by_runId", (q) => q.eq("runId", runId))
    .unique();
  if (!run) throw new ConvexError({ code: "notFound", message: "There is no such event." });
  if (run.status !== "failed" && run.status !== "ignored") {
    const message = `This event is ${run.status}; only failed and ignored ones can be run again.`;
    throw new ConvexError({ code: "notEnded", message });
  }
  await ctx.db.patch("runs", run._id, { attempts: 0, requestRowId: undefined, messageId: undefined });
  await requeue(ctx, run, { waitMs: 0 });
}

/** One event has one answer, and the answer one id. */
function messageIdOf({ runId }: Doc<"runs">): string {
  return `msg_${runId}`;
}

async function webhookOf(ctx: MutationCtx, { webhookId }: Doc<"runs">): Promise<Doc<"webhooks"> | null> {
  return webhookId ? await ctx.db.get("webhooks", webhookId) : null;
}

function factsOf(run: Doc<"runs">, webhook: Doc<"webhooks"> | null) {
  return {
    runId: run.runId,
    webhook: webhook && { id: webhook._id, name: webhook.name },
    event: { id: run.senderEventId ?? null, type: run.eventType },
    requestId: run.requestId ?? null,
    costNanoUsd: run.costNanoUsd,
  };
}

function targetsOf(run: Doc<"runs">, webhook: Doc<"webhooks"> | null): Callback[] {
  if (webhook) return webhook.destinationIds.map((destinationId) => ({ destinationId }));
  return run.callback ? [run.callback] : [];
}
