import { internal } from "../_generated/api";
import { failedFilter } from "../model/payloadFilter";
import { eventData } from "../model/runBody";
import { type ReadEvent, readEvent } from "../model/senderEvent";
import { dedupeKey, type SenderScheme, verifySender } from "../model/senderScheme";
import type { Problem } from "../model/webhookValidators";
import { openSecrets } from "../webhookSecrets";
import { type Exchange, gatewayHeaders } from "./Exchange";
import { GatewayError } from "./GatewayError";
import { overloaded } from "./ledger";
import { decodeText } from "./parseJson";
import { readBody } from "./readBody";

const EVENT_BYTES_MAX = 1024 * 1024;

/**
 * `POST /webhooks/{webhookId}`: the exact bytes are verified before anything is read from them; one mutation then
 * records the event, tells a repeat, and queues the run. 202 with our id of the event, 200 to a repeat.
 */
export async function receiveWebhook(exchange: Exchange, id: string): Promise<Response> {
  const { ctx, request, receivedAt: now } = exchange;
  const webhook = await ctx.runQuery(internal.webhooks.forReceipt, { webhookId: id.slice(0, 100) });
  if (webhook === null) {
    throw new GatewayError("not_found_error", "There is no such webhook. Its URL is on the Webhooks page.");
  }
  const { scheme } = webhook;
  const body = await readBody(request, { bytesMax: EVENT_BYTES_MAX, checkCaller: async () => {} });
  const sent = { headers: request.headers, body, now };
  const verdict = await verifySender(scheme, sent, await openSecrets(webhook.secret, "webhook", now));
  if (!verdict.ok) {
    throw new GatewayError("authentication_error", verdict.problem);
  }
  const event = parseEvent(scheme, request.headers, decodeText(body));
  if (event.challenge !== null) {
    return Response.json({ challenge: event.challenge }, { headers: gatewayHeaders(exchange.requestId) });
  }
  const runId = `evt_${crypto.randomUUID().replaceAll("-", "")}`;
  const senderEventId = verdict.signedId ?? event.id;
  const about = { runId, eventType: event.type, senderEventId, receivedAt: now };
  const failed = failedFilter(webhook.filters, eventData(about, event.payload));
  const received = await ctx
    .runMutation(internal.runs.receive, {
      runId,
      webhookId: webhook.webhookId,
      apiKeyId: webhook.apiKeyId,
      dedupeKey: await dedupeKey(scheme, sent, { signedId: verdict.signedId, payloadId: event.id }),
      eventType: event.type,
      ...(senderEventId !== null && { senderEventId }),
      input: JSON.stringify(event.payload),
      ignoredBecause: reasonToIgnore(webhook.isPaused, failed),
    })
    .catch((error: unknown) => {
      throw overloaded(error);
    });
  return Response.json(
    { id: received.runId, status: received.status, is_repeat: received.isRepeat },
    { status: received.isRepeat ? 200 : 202, headers: gatewayHeaders(exchange.requestId) },
  );
}

function parseEvent(scheme: SenderScheme, headers: Headers, text: string): ReadEvent {
  const event = readEvent(scheme, headers, text);
  if (event === null) {
    throw new GatewayError(
      "invalid_request_error",
      "The body is neither a JSON object nor a form (application/x-www-form-urlencoded).",
    );
  }
  return event;
}

function reasonToIgnore(isPaused: boolean, failed: string | null): Problem | null {
  if (isPaused) {
    return { type: "paused", message: "The webhook was paused when this event came." };
  }
  return failed === null ? null : { type: "filtered", message: `A filter did not hold: ${failed}` };
}
