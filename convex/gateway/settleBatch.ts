import { internal } from "../_generated/api";
import type { ActionCtx } from "../_generated/server";
import { BatchTally } from "../model/BatchTally";
import { fetchUpstream } from "./upstream";

const TIMEOUT_MS = 5 * 60_000;

/** Settles a batch if it has ended, from its results; else notes when to look again. */
export async function settleBatch(ctx: ActionCtx, objectId: string): Promise<void> {
  const path = `/v1/messages/batches/${encodeURIComponent(objectId)}`;
  const metadata = await readText(path);
  const isEnded =
    metadata !== null &&
    (JSON.parse(metadata) as { processing_status?: string }).processing_status === "ended";
  if (!isEnded) {
    await ctx.runMutation(internal.batches.postpone, { objectId, metadata: metadata ?? undefined });
    return;
  }
  const startedAt: number | null = await ctx.runQuery(internal.batches.startedAt, { objectId });
  if (startedAt === null) {
    return;
  }
  const tally = new BatchTally(startedAt);
  if (await readLines(`${path}/results`, (line) => tally.addLine(line))) {
    await ctx.runMutation(internal.batches.settle, { objectId, metadata, outcome: tally.outcome() });
  } else {
    await ctx.runMutation(internal.batches.postpone, { objectId, metadata });
  }
}

async function get(path: string): Promise<Response> {
  return await fetchUpstream(path, {
    method: "GET",
    headers: { "anthropic-version": "2023-06-01" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

async function readText(path: string): Promise<string | null> {
  const response = await get(path);
  return response.ok ? await response.text() : null;
}

/** Calls back with each line of a body of any length; false when there is none to be had. */
async function readLines(path: string, visit: (line: string) => void): Promise<boolean> {
  const response = await get(path);
  const reader = response.ok ? response.body?.getReader() : undefined;
  if (!reader) {
    return false;
  }
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
    const lines = rest.split("\n");
    rest = done ? "" : (lines.pop() ?? "");
    for (const line of lines) {
      if (line.trim() !== "") visit(line);
    }
    if (done) {
      return true;
    }
  }
}
