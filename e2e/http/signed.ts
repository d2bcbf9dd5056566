import { randomUUID } from "node:crypto";
import { Webhook } from "standardwebhooks";

/** Headers of a Standard Webhooks sender. */
export function signed(secret: string, body: string, { id = `msg_${randomUUID()}`, at = Date.now() } = {}) {
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at / 1_000)),
    "webhook-signature": new Webhook(secret).sign(id, new Date(at), body),
  };
}
