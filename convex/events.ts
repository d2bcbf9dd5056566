import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import { ConvexError, type Infer, v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import { mutation, type QueryCtx, query } from "./_generated/server";
import { deliveriesOfRun, vLoggedDelivery } from "./deliveryLog";
import { requireMember } from "./members";
import { renderTemplate, TemplateError } from "./model/promptTemplate";
import { eventData } from "./model/runBody";
import { vProblem, vRunStatus } from "./model/webhookValidators";
import { rerunEvent } from "./runEnding";
import { readText } from "./textParts";

/** What the page shows of a text; the whole one is in the answer's delivery. */
const SHOWN_LENGTH_MAX = 100_000;

const vEvent = v.object({
  runId: v.string(),
  webhookId: v.union(v.null(), v.id("webhooks")),
  webhookName: v.union(v.null(), v.string()), // null: a job, or a webhook that was removed
  eventType: v.string(),
  senderEventId: v.union(v.null(), v.string()),
  status: vRunStatus,
  receivedAt: v.number(),
  /** When the next attempt is due, or when the run ended. */
  dueAt: v.number(),
  attempts: v.number(),
  requestId: v.union(v.null(), v.string()),
  costNanoUsd: v.number(),
  problem: v.union(v.null(), vProblem),
});

/** Webhook events and jobs, newest first; of one webhook, or in one state. */
export const list = query({
  args: {
    paginationOpts: paginationOptsValidator,
    webhookId: v.optional(v.id("webhooks")),
    status: v.optional(vRunStatus),
  },
  returns: paginationResultValidator(vEvent),
  handler: async (ctx, { paginationOpts, webhookId, status }) => {
    await requireMember(ctx, "admin");
    const result = await runsOf(ctx, webhookId, status).paginate(paginationOpts);
    return { ...result, page: await Promise.all(result.page.map((run) => describeEvent(ctx, run))) };
  },
});

/** In one state they come in the order of their ends or next attempts, else of their receipt. */
function runsOf(
  ctx: QueryCtx,
  webhookId: Id<"webhooks"> | undefined,
  status: Doc<"runs">["status"] | undefined,
) {
  if (webhookId !== undefined && status !== undefined) {
    return ctx.db
      .query("runs")
      .withIndex("by_status_and_lane_and_dueAt", (q) => q.eq("status", status).eq("lane", webhookId))
      .order("desc");
  }
  if (webhookId !== undefined) {
    return ctx.db
      .query("runs")
      .withIndex("by_webhookId_and_receivedAt", (q) => q.eq("webhookId", webhookId))
      .order("desc");
  }
  if (status !== undefined) {
    return ctx.db
      .query("runs")
      .withIndex("by_status_and_dueAt", (q) => q.eq("status", status))
      .order("desc");
  }
  return ctx.db.query("runs").withIndex("by_receivedAt").order("desc");
}

async function describeEvent(ctx: QueryCtx, run: Doc<"runs">): Promise<Infer<typeof vEvent>> {
  const { runId, eventType, status, receivedAt, dueAt, attempts, costNanoUsd } = run;
  const webhook = run.webhookId ? await ctx.db.get("webhooks", run.webhookId) : null;
  return {
    ...{ runId, eventType, status, receivedAt, dueAt, attempts, costNanoUsd },
    webhookId: run.webhookId ?? null,
    webhookName: webhook?.name ?? null,
    senderEventId: run.senderEventId ?? null,
    requestId: run.requestId ?? null,
    problem: run.problem ?? null,
  };
}

export const vEventDetail = v.object({
  ...vEvent.fields,
  payload: v.union(v.null(), v.string()),
  answer: v.union(v.null(), v.string()),
  deliveries: v.array(vLoggedDelivery),
});

/** One event: what came, what Claude answered, where that went. */
export const get = query({
  args: { runId: v.string() },
  returns: v.union(v.null(), vEventDetail),
  handler: async (ctx, { runId }): Promise<Infer<typeof vEventDetail> | null> => {
    await requireMember(ctx, "admin");
    return await eventDetail(ctx, runId);
  },
});

export async function eventDetail(ctx: QueryCtx, runId: string): Promise<Infer<typeof vEventDetail> | null> {
  const run = await ctx.db
    .query("runs")
    .withIndex("by_runId", (q) => q.eq("runId", runId))
    .unique();
  if (!run) return null;
  const answer = run.status === "succeeded" && run.messageId ? await readText(ctx, run.messageId) : null;
  return {
    ...(await describeEvent(ctx, run)),
    payload: shown(await readText(ctx, runId)),
    answer: shown(answer),
    deliveries: await deliveriesOfRun(ctx, runId),
  };
}

function shown(text: string | null): string | null {
  return text === null ? null : text.slice(0, SHOWN_LENGTH_MAX);
}

/** Runs a failed or ignored event again. */
export const rerun = mutation({
  args: { runId: v.string() },
  returns: v.null(),
  handler: async (ctx, { runId }) => {
    await requireMember(ctx, "admin");
    await rerunEvent(ctx, runId);
    return null;
  },
});

const vPreview = v.union(
  v.object({ kind: v.literal("noEvent") }),
  v.object({ kind: v.literal("text"), runId: v.string(), text: v.string(), payload: v.string() }),
  v.object({ kind: v.literal("problem"), runId: v.string(), problem: v.string(), payload: v.string() }),
);

/** A template over the newest payload that the webhook got. */
export const preview = query({
  args: { webhookId: v.id("webhooks"), prompt: v.string() },
  returns: vPreview,
  handler: async (ctx, { webhookId, prompt }): Promise<Infer<typeof vPreview>> => {
    await requireMember(ctx, "admin");
    const run = await runsOf(ctx, webhookId, undefined).first();
    const input = run && (await readText(ctx, run.runId));
    if (!run || input === null) return { kind: "noEvent" };
    const { runId, eventType, receivedAt } = run;
    const about = { runId, eventType, receivedAt, senderEventId: run.senderEventId ?? null };
    const payload = input.slice(0, SHOWN_LENGTH_MAX);
    try {
      const text = renderTemplate(prompt, eventData(about, JSON.parse(input)));
      return { kind: "text", runId, payload, text: text.slice(0, SHOWN_LENGTH_MAX) };
    } catch (error) {
      if (error instanceof TemplateError) return { kind: "problem", runId, payload, problem: error.message };
      throw error instanceof Error ? new ConvexError({ code: "preview", message: error.message }) : error;
    }
  },
});
