type Json = Record<string, unknown>;

const text = { type: "string" };
const RUN = { id: text, request_id: { type: ["string", "null"] }, cost_usd: text };
const KEY = { key: { type: "object", properties: { id: text, name: text, last_four: text } } };
const BUDGET = {
  scope: text,
  subject: text,
  window: text,
  window_starts_at: text,
  percent: { type: "number" },
  budget_usd: text,
  spent_usd: text,
};

/** What the gateway sends to destinations and callbacks, in the `webhooks` form of OpenAPI. */
export const OUTGOING: Json = Object.fromEntries(
  Object.entries({
    "answer.completed": {
      ...RUN,
      text: { ...text, description: "All text of the answer." },
      output: { description: "The parsed answer, where the webhook has a schema." },
      message: { type: "object", description: "Anthropic's Message." },
    },
    "answer.failed": { ...RUN, error: { type: "object", properties: { type: text, message: text } } },
    "budget.threshold": BUDGET,
    "budget.exhausted": BUDGET,
    "key.created": KEY,
    "key.revoked": KEY,
    "webhook.disabled": { destination: { type: "object" }, reason: text, disabled_at: text },
    "request.completed": {
      request_id: text,
      status: text,
      model: text,
      source: text,
      key_id: { type: ["string", "null"] },
      cost_usd: text,
    },
    "webhook.test": { destination: { type: "object" } },
  }).map(([type, properties]) => [type, { post: delivery(type, properties) }]),
);

function delivery(type: string, properties: Json): Json {
  return {
    summary: type,
    description:
      "Signed by Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature. The id is the same in every retry.",
    requestBody: {
      content: {
        "application/json": {
          schema: {
            type: "object",
            required: ["type", "timestamp", "data"],
            properties: {
              type: { const: type },
              timestamp: { type: "string", format: "date-time" },
              data: { type: "object", properties },
            },
          },
        },
      },
    },
    responses: {
      "2XX": { description: "Taken. Anything else is tried again; 410 disables the destination." },
    },
  };
}
