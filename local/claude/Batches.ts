import { ApiError, errorEnvelope } from "./ApiError.ts";
import type { PlainAnswer } from "./Files.ts";
import { ObjectStore } from "./ObjectStore.ts";
import type { PromptCache } from "./PromptCache.ts";
import { isObject, parseMessagesRequest } from "./parseMessagesRequest.ts";
import { messageObject, planMessage } from "./planMessage.ts";
import { readScript, type Script } from "./script.ts";

interface Batch {
  readonly id: string;
  readonly createdAt: number;
  readonly endsAt: number;
  canceledAt: number | null;
  readonly requests: readonly { readonly customId: string; readonly params: unknown }[];
}

interface BatchCall {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
  readonly script: Script;
  readonly origin: string;
}

const DEFAULT_BATCH_MS = 300;
const DAY_MS = 24 * 60 * 60 * 1000;

/** `/v1/messages/batches`: every request is answered as a single message would be, after the time that a script names. */
export class Batches {
  readonly #batches = new ObjectStore<Batch>("Batch");
  readonly #results = new Map<string, string>();
  #count = 0;

  constructor(
    private readonly idPrefix: string,
    private readonly cache: PromptCache,
  ) {}

  answer({ method, url, body, script, origin }: BatchCall): PlainAnswer {
    const view = (batch: Batch) => this.#view(batch, origin);
    const [id = "", part] = url.pathname.slice("/v1/messages/batches".length).split("/").slice(1);
    if (id === "") {
      return method === "POST"
        ? JSON.stringify(view(this.#create(body, script)))
        : this.#batches.list(url.searchParams, view);
    }
    const batch = this.#batches.get(id);
    if (method === "DELETE") return this.#delete(batch);
    if (part === "cancel") batch.canceledAt ??= Date.now();
    return part === "results"
      ? { bytes: Buffer.from(this.#resultsOf(batch)), contentType: "application/x-jsonl" }
      : JSON.stringify(view(batch));
  }

  #create(body: string, script: Script): Batch {
    const parsed: unknown = JSON.parse(body);
    const requests = isObject(parsed) && Array.isArray(parsed.requests) ? parsed.requests : [];
    if (requests.length === 0)
      throw new ApiError("invalid_request_error", "requests: at least one request is required");
    const now = Date.now();
    const batch: Batch = {
      id: `msgbatch_${this.idPrefix}${String(++this.#count).padStart(8, "0")}`,
      createdAt: now,
      endsAt: now + (script.batchMs ?? DEFAULT_BATCH_MS),
      canceledAt: null,
      requests: requests.map((request: unknown, index) => {
        if (!isObject(request) || typeof request.custom_id !== "string") {
          throw new ApiError("invalid_request_error", `requests.${index}.custom_id: Field required`);
        }
        return { customId: request.custom_id, params: request.params };
      }),
    };
    this.#batches.add(batch);
    return batch;
  }

  #delete(batch: Batch): string {
    if (!hasEnded(batch))
      throw new ApiError("invalid_request_error", `Batch ${batch.id} is still processing.`);
    this.#batches.delete(batch.id);
    return JSON.stringify({ id: batch.id, type: "message_batch_deleted" });
  }

  #view(batch: Batch, origin: string) {
    const isEnded = hasEnded(batch);
    const kinds = isEnded ? this.#resultsOf(batch).match(/"result":\{"type":"\w+"/g) : [];
    const count = (kind: string) => kinds?.filter((text) => text.endsWith(`"${kind}"`)).length ?? 0;
    const isoTime = (at: number | null) => (at === null ? null : new Date(at).toISOString());
    return {
      id: batch.id,
      type: "message_batch",
      processing_status: isEnded ? "ended" : batch.canceledAt === null ? "in_progress" : "canceling",
      request_counts: {
        processing: isEnded ? 0 : batch.requests.length,
        succeeded: count("succeeded"),
        errored: count("errored"),
        canceled: count("canceled"),
        expired: 0,
      },
      created_at: isoTime(batch.createdAt),
      expires_at: isoTime(batch.createdAt + DAY_MS),
      ended_at: isEnded ? isoTime(batch.canceledAt ?? batch.endsAt) : null,
      cancel_initiated_at: isoTime(batch.canceledAt),
      archived_at: null,
      results_url: isEnded ? `${origin}/v1/messages/batches/${batch.id}/results` : null,
    };
  }

  #resultsOf(batch: Batch): string {
    if (!hasEnded(batch)) throw new ApiError("not_found_error", `Batch ${batch.id} has no results yet.`);
    const known = this.#results.get(batch.id);
    if (known !== undefined) return known;
    const isCanceled = batch.canceledAt !== null && batch.canceledAt < batch.endsAt;
    const lines = batch.requests.map(({ customId, params }, index) => {
      const result = isCanceled ? { type: "canceled" } : this.#resultOf(params, `${batch.id}_${index}`);
      return `${JSON.stringify({ custom_id: customId, result })}\n`;
    });
    const text = lines.join("");
    this.#results.set(batch.id, text);
    return text;
  }

  #resultOf(params: unknown, id: string) {
    try {
      const request = parseMessagesRequest(JSON.stringify(params), "", false);
      const { script, prompt } = readScript(undefined, request.prompt);
      const plan = planMessage(request, script, prompt, `msg_${id}`, this.cache);
      const usage = { ...plan.usage, service_tier: "batch" };
      return { type: "succeeded", message: messageObject({ ...plan, usage }) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { type: "errored", error: JSON.parse(errorEnvelope(error.type, error.message, `req_${id}`)) };
    }
  }
}

function hasEnded(batch: Batch): boolean {
  return batch.canceledAt !== null || Date.now() >= batch.endsAt;
}
