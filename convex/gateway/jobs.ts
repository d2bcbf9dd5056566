import * as z from "zod/mini";
import { internal } from "../_generated/api";
import type { ActionCtx } from "../_generated/server";
import { callbackUrlProblem } from "../model/callbackUrl";
import { standardKey } from "../model/standardWebhooks";
import type { Callback } from "../model/webhookValidators";
import { seal } from "../webhookSecrets";
import { allowsLoopbackCallbacks, encryptionKey, upstreamConfig } from "./config";
import { extractGatewayKey, hashSecret } from "./credentials";
import { type Exchange, gatewayHeaders } from "./Exchange";
import { GatewayError } from "./GatewayError";
import { overloaded } from "./ledger";
import { readCallersBody } from "./messages";
import { checkShape, parseJson } from "./parseJson";
import { parseMessagesBody } from "./parseMessagesBody";
import { refusalError } from "./refusalError";

/** What is stored in parts and sent again at most three times. */
const JOB_BYTES_MAX = 4 * 1024 * 1024;

/** The fields of a job around its Messages body. */
export const jobBody = z.object({
  callbackUrl: z.optional(z.string()),
  callbackSecret: z.optional(z.string()),
  message: z.record(z.string(), z.unknown()),
});

/** `POST /gateway/jobs`: a Messages request that is worked on later; its answer is delivered, fetched, or both. */
export async function createJob(exchange: Exchange): Promise<Response> {
  const { ctx, request, requestId } = exchange;
  const keyHash = await hashSecret(extractGatewayKey(request));
  const bytes = await readCallersBody(exchange, { keyHash, bytesMax: JOB_BYTES_MAX });
  const job = checkShape(jobBody, parseJson(bytes).tree);
  const body = messagesBodyOf(job.message);
  upstreamConfig();
  const callback = await callbackOf(ctx, job);
  const payer = await ctx.runQuery(internal.jobs.findKey, { keyHash, now: Date.now() });
  if ("reason" in payer) throw refusalError(payer);
  const jobId = `job_${crypto.randomUUID().replaceAll("-", "")}`;
  const idempotencyKey = request.headers.get("idempotency-key");
  const received = await ctx
    .runMutation(internal.runs.receive, {
      runId: jobId,
      apiKeyId: payer.apiKeyId,
      dedupeKey: idempotencyKey && `${payer.apiKeyId}:${await hashSecret(idempotencyKey)}`,
      eventType: "job",
      input: body,
      ignoredBecause: null,
      ...(callback && { callback }),
    })
    .catch((error: unknown) => {
      throw overloaded(error);
    });
  return Response.json(
    { id: received.runId, status: received.status, is_repeat: received.isRepeat },
    { status: received.isRepeat ? 200 : 202, headers: gatewayHeaders(requestId) },
  );
}

function messagesBodyOf(message: Record<string, unknown>): string {
  if ("stream" in message) {
    throw new GatewayError(
      "invalid_request_error",
      "message.stream: a job has no stream. Leave the field out.",
    );
  }
  const body = JSON.stringify(message);
  parseMessagesBody(new TextEncoder().encode(body));
  return body;
}

/** Answers are always signed: by the destination with this URL, or with the secret that the job brings along. */
async function callbackOf(
  ctx: ActionCtx,
  { callbackUrl: url, callbackSecret: secret }: z.infer<typeof jobBody>,
): Promise<Callback | null> {
  if (url === undefined) return null;
  const problem = callbackUrlProblem(url, allowsLoopbackCallbacks());
  if (problem !== null) throw new GatewayError("invalid_request_error", `callbackUrl: ${problem}`);
  if (secret !== undefined) {
    if (standardKey(secret) === null) {
      throw new GatewayError(
        "invalid_request_error",
        "callbackSecret: it must be whsec_ and 24 to 64 bytes in base64.",
      );
    }
    encryptionKey();
    return { url, sealedSecret: await seal(secret, "destination") };
  }
  const destinationId = await ctx.runQuery(internal.destinations.findByUrl, { url });
  if (destinationId !== null) return { destinationId };
  throw new GatewayError(
    "invalid_request_error",
    "callbackUrl: nothing would sign deliveries to this URL. Send callbackSecret (whsec_…) along, or have an admin make a destination with exactly this URL.",
  );
}

/** `GET /gateway/jobs/{jobId}`: for the key that made the job. */
export async function getJob(exchange: Exchange, jobId: string): Promise<Response> {
  const keyHash = await hashSecret(extractGatewayKey(exchange.request));
  const found = await exchange.ctx.runQuery(internal.jobs.get, { keyHash, jobId, now: Date.now() });
  if (found === null) {
    throw new GatewayError("not_found_error", `There is no job ${jobId.slice(0, 80)} of this key.`);
  }
  if ("reason" in found) throw refusalError(found);
  return new Response(jobJson(found), {
    headers: { ...gatewayHeaders(exchange.requestId), "content-type": "application/json" },
  });
}

function jobJson({ id, status, attempts, createdAt, bodyJson }: FoundJob): string {
  const fields = { id, status, attempts, created_at: new Date(createdAt).toISOString() };
  if (bodyJson === null) return JSON.stringify(fields);
  // The same data as the callback gets, from the same text.
  const data = /"data":(\{.*\})\}$/s.exec(bodyJson)?.[1] ?? "{}";
  return `${JSON.stringify(fields).slice(0, -1)},"result":${data}}`;
}

type FoundJob = { id: string; status: string; attempts: number; createdAt: number; bodyJson: string | null };
