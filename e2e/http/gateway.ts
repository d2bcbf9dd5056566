import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import type { JournalEntry } from "../../local/claude/Journal.ts";
import { type Script, scriptHeader } from "../../local/claude/script.ts";
import { HttpDeploymentClient } from "../../local/DeploymentClient.ts";

/** How a test reaches a running gateway. */
export interface GatewayUnderTest {
  siteUrl: string;
  claudeUrl: string;
  client: HttpDeploymentClient;
}

export const shared: GatewayUnderTest = {
  siteUrl: inject("siteUrl"),
  claudeUrl: inject("claudeUrl"),
  client: new HttpDeploymentClient(inject("convexUrl"), inject("adminKey")),
};

export const MODEL = "claude-sonnet-5-5";

export interface KeyLimits {
  requestsPerMinute?: number;
  inputTokensPerMinute?: number;
  outputTokensPerMinute?: number;
  concurrentRequests?: number;
  dailyBudgetNanoUsd?: number;
  monthlyBudgetNanoUsd?: number;
  totalBudgetNanoUsd?: number;
  allowedModels?: string[];
  expiresInDays?: number;
}

export interface TestKey {
  apiKeyId: string;
  secret: string;
  /** No row of it is older. */
  createdAt?: number;
}

/** A key of the test's own, so that no test sees another's rows. */
export async function createKey(limits: KeyLimits = {}, gateway = shared): Promise<TestKey> {
  const args = { name: `test ${randomUUID().slice(0, 8)}`, ...limits };
  const createdAt = Date.now() - 1;
  return { ...((await gateway.client.run("admin:createApiKey", args)) as TestKey), createdAt };
}

export interface PostOptions {
  key?: string;
  path?: string;
  headers?: Record<string, string>;
  script?: Script;
  signal?: AbortSignal;
  gateway?: GatewayUnderTest;
}

/** POSTs a body; objects become JSON. */
export async function post(body: object | string | Uint8Array, options: PostOptions = {}): Promise<Response> {
  const { key, path = "/v1/messages", headers, script, signal, gateway = shared } = options;
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  return await fetch(gateway.siteUrl + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "anthropic-version": "2023-06-01",
      ...(key === undefined ? {} : { "x-api-key": key }),
      ...(script === undefined ? {} : scriptHeader(script)),
      ...headers,
    },
    body: isRaw ? (body as BodyInit) : JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}

/** A Messages body with a prompt that no other test uses. */
export function question(fields: Record<string, unknown> = {}) {
  const prompt = `question ${randomUUID()}`;
  return { model: MODEL, max_tokens: 500, messages: [{ role: "user", content: prompt }], ...fields };
}

export interface ErrorBody {
  type: string;
  error: { type: string; message: string };
  request_id: string;
}

export async function errorOf(response: Response): Promise<ErrorBody> {
  return (await response.json()) as ErrorBody;
}

/** A row of the usage log, as stored. */
export interface LedgerRow {
  requestId: string;
  endpoint: string;
  status: string;
  usageSource?: string;
  tokens?: Record<string, number>;
  costNanoUsd?: number;
  reservedNanoUsd: number;
  servedModel?: string;
  httpStatus?: number;
  errorType?: string;
  stopReason?: string;
  anthropicRequestId?: string;
  timeToFirstTokenMs?: number;
  leaseExpiresAt: number;
}

interface RowPage {
  page: (LedgerRow & { apiKeyId?: string; _creationTime: number })[];
  isDone: boolean;
  continueCursor: string;
}

/** All rows of a key, oldest first. */
export async function rowsOf(key: TestKey, gateway = shared): Promise<LedgerRow[]> {
  const rows: LedgerRow[] = [];
  let cursor: string | null = null;
  for (;;) {
    const paginationOpts = { numItems: 500, cursor };
    const args = { table: "requests", order: "desc", paginationOpts };
    const { page, isDone, continueCursor } = (await gateway.client.run(
      "_system/cli/tableData",
      args,
    )) as RowPage;
    rows.unshift(...page.filter((row) => row.apiKeyId === key.apiKeyId).reverse());
    const isBeforeKey = (page.at(-1)?._creationTime ?? 0) < (key.createdAt ?? 0);
    if (isDone || isBeforeKey) return rows;
    cursor = continueCursor;
  }
}

/** The row of a key's only request, once it is settled. */
export async function settledRow(key: TestKey, gateway = shared): Promise<LedgerRow> {
  for (let waitedMs = 0; ; waitedMs += 50) {
    const [row, ...others] = await rowsOf(key, gateway);
    if (others.length > 0) throw new Error(`expected one row, found ${others.length + 1}`);
    if (row && row.status !== "running") return row;
    if (waitedMs > 15_000) throw new Error(`not settled: ${JSON.stringify(row)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What reached the simulated Claude and contains a text; waits until there are `atLeast`. */
export async function journal(
  contains: string,
  { atLeast = 1, state, waitMs = 10_000 }: { atLeast?: number; state?: string; waitMs?: number } = {},
  gateway = shared,
): Promise<JournalEntry[]> {
  const query = new URLSearchParams({ contains, atLeast: String(atLeast), waitMs: String(waitMs) });
  if (state !== undefined) query.set("state", state);
  const response = await fetch(`${gateway.claudeUrl}/_simulated/requests?${query}`);
  return ((await response.json()) as { requests: JournalEntry[] }).requests;
}
