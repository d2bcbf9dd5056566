import type { MutationCtx } from "./_generated/server";
import { announce } from "./announce";
import { type MeteredScope, subjectOf } from "./meteredScopes";
import type { BudgetEvent } from "./model/budgetEvent";
import type { LimitRefusal } from "./model/decision";
import { BUDGET_OF, BUDGET_WINDOWS } from "./model/limits";
import { ALERT_PERCENTS, type Meter } from "./model/meter";
import { formatUsd } from "./model/pricing";
import { windowStart } from "./model/windows";

/** Records every threshold that a scope's budgets have reached and that was not told yet; all its shards are given. */
export async function announceSpend(
  ctx: MutationCtx,
  scope: MeteredScope,
  meters: readonly Meter[],
): Promise<void> {
  const dayStartsAt = Math.max(...meters.map((meter) => meter.dayStartsAt));
  for (const window of BUDGET_WINDOWS) {
    const budgetNanoUsd = scope.limits[BUDGET_OF[window]];
    if (budgetNanoUsd === undefined) continue;
    const settledNanoUsd = meters.reduce((sum, meter) => sum + meter[window].settledNanoUsd, 0);
    const windowStartsAt = windowStart(window, dayStartsAt);
    for (const percent of ALERT_PERCENTS) {
      if (settledNanoUsd * 100 < budgetNanoUsd * percent) break;
      const event = { window, windowStartsAt, percent, budgetNanoUsd, settledNanoUsd };
      await recordOnce(ctx, scope, { type: "budget.threshold", ...event });
      if (percent === 100) await recordOnce(ctx, scope, { type: "budget.exhausted", ...event });
    }
  }
}

/** Records that a request was refused because a budget is spent. */
export async function announceRefusal(
  ctx: MutationCtx,
  scope: MeteredScope,
  { window, budgetNanoUsd, settledNanoUsd }: Extract<LimitRefusal, { reason: "budgetSpent" }>,
  now: number,
): Promise<void> {
  await recordOnce(ctx, scope, {
    type: "budget.exhausted",
    window,
    windowStartsAt: windowStart(window, now),
    percent: 100,
    budgetNanoUsd,
    settledNanoUsd,
  });
}

/** Once for each budget and window: a budget that is raised is announced again. */
async function recordOnce(
  ctx: MutationCtx,
  scope: MeteredScope,
  event: Omit<BudgetEvent, "scope" | "subject" | "apiKeyId" | "memberId">,
): Promise<void> {
  const subject = subjectOf(scope);
  const earlier = await ctx.db
    .query("budgetEvents")
    .withIndex("by_subject_and_window", (q) =>
      q.eq("subject", subject).eq("window", event.window).eq("windowStartsAt", event.windowStartsAt),
    )
    .collect();
  const isKnown = earlier.some(
    ({ type, percent, budgetNanoUsd }) =>
      type === event.type && percent === event.percent && budgetNanoUsd === event.budgetNanoUsd,
  );
  if (isKnown) return;
  const { apiKeyId, memberId } = scope;
  await ctx.db.insert("budgetEvents", { scope: scope.scope, subject, apiKeyId, memberId, ...event });
  await announce(ctx, event.type, {
    scope: scope.scope,
    subject,
    window: event.window,
    window_starts_at: new Date(event.windowStartsAt).toISOString(),
    percent: event.percent,
    budget_usd: formatUsd(event.budgetNanoUsd),
    spent_usd: formatUsd(event.settledNanoUsd),
  });
}
