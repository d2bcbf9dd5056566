"use node";

import { v } from "convex/values";
import { internal } from "./_generated/api";
import { type ActionCtx, internalAction } from "./_generated/server";
import type { DeliveryClaim, LoadedDelivery } from "./deliveries";
import type { AttemptOutcome } from "./deliveryOutcome";
import { drainQueue } from "./dispatchLoop";
import { allowsLoopbackCallbacks } from "./gateway/config";
import { DELIVERIES_AT_ONCE } from "./model/deliverySchedule";
import { standardHeaders } from "./model/standardWebhooks";
import { CALLS_AT_ONCE, Turnstile } from "./model/Turnstile";
import { postSafely } from "./postSafely";
import { openSecrets } from "./webhookSecrets";

/** Convex ends Node actions after 10 minutes. */
const CLAIMS_FOR_MS = 5 * 60_000;

/** The one dispatcher of deliveries. In Node, because only there a connection can be checked before it is used. */
export const dispatch = internalAction({
  args: { generation: v.number() },
  returns: v.null(),
  handler: async (ctx, { generation }) => {
    const turn = { queue: "deliveries" as const, generation };
    const worker = { ctx, turnstile: new Turnstile(CALLS_AT_ONCE) };
    await drainQueue<DeliveryClaim>({
      atOnce: DELIVERIES_AT_ONCE,
      claimsForMs: CLAIMS_FOR_MS,
      claim: (room, after) => ctx.runMutation(internal.deliveries.claim, { generation, room, after }),
      work: (claim) => attemptDelivery(worker, claim),
      renew: async () => {
        await ctx.runMutation(internal.deliveries.renew, { generation });
        return [];
      },
      sleep: () => ctx.runMutation(internal.dispatcher.sleep, turn),
      handOver: async () => {
        await ctx.runMutation(internal.dispatcher.handOver, turn);
      },
    });
    return null;
  },
});

interface Worker {
  ctx: ActionCtx;
  turnstile: Turnstile;
}

async function attemptDelivery({ ctx, turnstile }: Worker, claim: DeliveryClaim): Promise<void> {
  const loaded = await turnstile.pass(() => ctx.runQuery(internal.deliveries.load, claim));
  if (loaded === null) return;
  const result = await send(loaded);
  await turnstile.pass(() => ctx.runMutation(internal.deliveries.record, { ...claim, result }));
}

async function send({ url, messageId, body: text, secret }: LoadedDelivery): Promise<AttemptOutcome> {
  const now = Date.now();
  const secrets = await openSecrets(secret, "destination", now);
  const body = new TextEncoder().encode(text);
  const signed = await standardHeaders({ messageId, sentAtSeconds: Math.floor(now / 1_000), body }, secrets);
  return await postSafely(url, {
    headers: { ...signed, "content-type": "application/json", "user-agent": "convex-claude-gateway" },
    body,
    allowsLoopback: allowsLoopbackCallbacks(),
  });
}
