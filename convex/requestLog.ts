import type { Doc, Id } from "./_generated/dataModel";
import type { QueryCtx } from "./_generated/server";
import type { LoggedRequest } from "./model/validators";

/** Rows of the usage log with the names of their key and member. */
export async function loggedRequests(ctx: QueryCtx, rows: Doc<"requests">[]): Promise<LoggedRequest[]> {
  const keyNames = new Map<Id<"apiKeys">, string | null>();
  const memberEmails = new Map<Id<"members">, string>();
  const logged: LoggedRequest[] = [];
  for (const row of rows) {
    if (row.apiKeyId && !keyNames.has(row.apiKeyId)) {
      keyNames.set(row.apiKeyId, (await ctx.db.get("apiKeys", row.apiKeyId))?.name ?? null);
    }
    if (!memberEmails.has(row.memberId)) {
      memberEmails.set(row.memberId, (await ctx.db.get("members", row.memberId))?.email ?? "");
    }
    logged.push({
      ...publicFields(row),
      keyName: (row.apiKeyId && keyNames.get(row.apiKeyId)) ?? null,
      memberEmail: memberEmails.get(row.memberId) ?? "",
    });
  }
  return logged;
}

function publicFields(row: Doc<"requests">) {
  return {
    _id: row._id,
    requestId: row.requestId,
    source: row.source,
    endpoint: row.endpoint,
    model: row.model,
    servedModel: row.servedModel ?? null,
    isStreaming: row.isStreaming,
    status: row.status,
    usageSource: row.usageSource ?? null,
    tokens: row.tokens ?? null,
    costNanoUsd: row.costNanoUsd ?? null,
    reservedNanoUsd: row.reservedNanoUsd,
    startedAt: row.startedAt,
    endedAt: row.endedAt ?? null,
    timeToFirstTokenMs: row.timeToFirstTokenMs ?? null,
    httpStatus: row.httpStatus ?? null,
    errorType: row.errorType ?? null,
    errorMessage: row.errorMessage ?? null,
    stopReason: row.stopReason ?? null,
    anthropicRequestId: row.anthropicRequestId ?? null,
    session: row.session ?? null,
  };
}
