import { ApiError } from "./ApiError.ts";

/** One entry of `GET /v1/models`, as Anthropic describes it. */
export interface ClaudeModel {
  readonly type: "model";
  readonly id: string;
  readonly display_name: string;
  readonly created_at: string;
  readonly line: string | null;
  readonly lifecycle: "active" | "deprecated";
  readonly deprecated_at: string | null;
  readonly retires_at: string | null;
  readonly max_input_tokens: number;
  readonly max_tokens: number;
  readonly capabilities: null;
}

type ModelRow = readonly [
  id: string,
  name: string,
  created: string,
  contextTokens: number,
  outputTokens: number,
  retires?: string,
];

const million = 1_000_000;

/** Newest first, as Anthropic lists them. Models of the 4.5 generation have dated ids, and an alias without the date. */
const rows: readonly ModelRow[] = [
  ["claude-fable-5-2", "Claude Fable 5.2", "2026-11-09", million, 128_000],
  ["claude-mythos-5-2", "Claude Mythos 5.2", "2026-11-09", million, 128_000],
  ["claude-haiku-5-5", "Claude Haiku 5.5", "2026-10-07", million, 128_000],
  ["claude-sonnet-5-5", "Claude Sonnet 5.5", "2026-09-28", million, 128_000],
  ["claude-opus-5-5", "Claude Opus 5.5", "2026-09-22", million, 128_000],
  ["claude-fable-5-1", "Claude Fable 5.1", "2026-09-01", million, 128_000],
  ["claude-mythos-5-1", "Claude Mythos 5.1", "2026-09-01", million, 128_000],
  ["claude-opus-5", "Claude Opus 5", "2026-07-24", million, 128_000],
  ["claude-sonnet-5", "Claude Sonnet 5", "2026-06-30", million, 128_000],
  ["claude-fable-5", "Claude Fable 5", "2026-06-09", million, 128_000],
  ["claude-mythos-5", "Claude Mythos 5", "2026-06-09", million, 128_000],
  ["claude-opus-4-8", "Claude Opus 4.8", "2026-05-28", million, 128_000],
  ["claude-opus-4-7", "Claude Opus 4.7", "2026-04-16", million, 128_000],
  ["claude-mythos-preview", "Claude Mythos Preview", "2026-04-07", million, 128_000],
  ["claude-sonnet-4-6", "Claude Sonnet 4.6", "2026-02-17", million, 64_000],
  ["claude-opus-4-6", "Claude Opus 4.6", "2026-02-05", million, 128_000],
  ["claude-opus-4-5-20251101", "Claude Opus 4.5", "2025-11-01", 200_000, 64_000],
  ["claude-haiku-4-5-20251001", "Claude Haiku 4.5", "2025-10-01", 200_000, 64_000],
  ["claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", "2025-09-29", 200_000, 64_000, "2026-11-30"],
];

const models: readonly ClaudeModel[] = rows.map(
  ([id, name, created, contextTokens, outputTokens, retires]) => ({
    type: "model",
    id,
    display_name: name,
    created_at: `${created}T00:00:00Z`,
    line: /^claude-([a-z]+)-/.exec(id)?.[1] ?? null,
    lifecycle: retires ? "deprecated" : "active",
    deprecated_at: retires ? "2026-09-30T00:00:00Z" : null,
    retires_at: retires ? `${retires}T00:00:00Z` : null,
    max_input_tokens: contextTokens,
    max_tokens: outputTokens,
    capabilities: null,
  }),
);

const modelById = new Map<string, ClaudeModel>();
for (const model of models) {
  modelById.set(model.id, model);
  modelById.set(model.id.replace(/-\d{8}$/, ""), model);
}

/** The model of an id or alias; throws Anthropic's 404 for any other. */
export function findModel(id: string): ClaudeModel {
  const model = modelById.get(id);
  if (!model) throw new ApiError("not_found_error", `model: ${id}`);
  return model;
}

/** One page of the model list: `limit` 1 to 1,000 (default 20), `after_id` or `before_id` as cursors. */
export function listModels(query: URLSearchParams): string {
  const limit = Number(query.get("limit") ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new ApiError("invalid_request_error", "limit: Input should be between 1 and 1000");
  }
  const afterId = query.get("after_id");
  const beforeId = query.get("before_id");
  const start = afterId ? models.indexOf(findModel(afterId)) + 1 : 0;
  const end = beforeId ? models.indexOf(findModel(beforeId)) : models.length;
  const first = beforeId && !afterId ? Math.max(start, end - limit) : start;
  const data = models.slice(first, Math.min(end, first + limit));
  const hasMore = beforeId && !afterId ? first > start : first + limit < end;
  return JSON.stringify({
    data,
    has_more: hasMore,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
}
