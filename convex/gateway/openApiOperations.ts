/** A body by the name of its schema; `any` and `multipart` go on to Claude as they are. */
export type Body =
  | "messages"
  | "countTokens"
  | "prompt"
  | "batch"
  | "completions"
  | "chat"
  | "job"
  | "any"
  | "multipart";

/** An endpoint as the API's description names it. */
export interface ApiOperation {
  method: "get" | "post" | "delete";
  path: string;
  summary: string;
  auth: "key" | "member" | "keyOrMember" | "sender" | "none";
  body?: Body;
  status: number;
  /** Content types of the answer. */
  answer: string[];
  more?: string;
}

const JSON_TYPE = "application/json";
const EVENTS = "text/event-stream";
const JSON_OK = { status: 200, answer: [JSON_TYPE] };

/** Every endpoint; a test compares the list with the router's. */
export const API_OPERATIONS: readonly ApiOperation[] = [
  {
    ...{ method: "post", path: "/claude", summary: "Ask Claude", auth: "key", body: "prompt" },
    ...{ status: 200, answer: ["text/plain", EVENTS, JSON_TYPE], more: "`Accept` chooses the form." },
  },
  {
    ...{ method: "post", path: "/v1/messages", summary: "Create a message", auth: "key", body: "messages" },
    ...{ status: 200, answer: [JSON_TYPE, EVENTS], more: "As Claude answers, byte for byte." },
  },
  {
    ...{ method: "post", path: "/v1/messages/count_tokens", summary: "Count tokens", auth: "key" },
    ...{ body: "countTokens", ...JSON_OK },
  },
  { method: "get", path: "/v1/models", summary: "List models", auth: "key", ...JSON_OK },
  { method: "get", path: "/v1/models/{model}", summary: "Get a model", auth: "key", ...JSON_OK },
  {
    ...{
      method: "post",
      path: "/v1/messages/batches",
      summary: "Create a batch",
      auth: "key",
      body: "batch",
    },
    ...JSON_OK,
  },
  { method: "get", path: "/v1/messages/batches", summary: "List batches", auth: "key", ...JSON_OK },
  { method: "get", path: "/v1/messages/batches/{id}", summary: "Get a batch", auth: "key", ...JSON_OK },
  { method: "delete", path: "/v1/messages/batches/{id}", summary: "Delete a batch", auth: "key", ...JSON_OK },
  {
    ...{ method: "post", path: "/v1/messages/batches/{id}/cancel", summary: "Cancel a batch", auth: "key" },
    ...JSON_OK,
  },
  {
    ...{ method: "get", path: "/v1/messages/batches/{id}/results", summary: "Get a batch's results" },
    ...{ auth: "key", status: 200, answer: ["application/x-jsonl"] },
  },
  {
    ...{ method: "post", path: "/v1/chat/completions", summary: "Create a chat completion", auth: "key" },
    ...{ body: "completions", status: 200, answer: [JSON_TYPE, EVENTS], more: "For OpenAI-style clients." },
  },
  {
    ...{
      method: "get",
      path: "/gateway/streams/{requestId}",
      summary: "Resume a durable stream",
      auth: "key",
    },
    ...{ status: 200, answer: [EVENTS], more: "From `Last-Event-ID` on." },
  },
  {
    ...{ method: "post", path: "/v1/files", summary: "Upload a file", auth: "key", body: "multipart" },
    ...JSON_OK,
  },
  { method: "get", path: "/v1/files", summary: "List files", auth: "key", ...JSON_OK },
  { method: "get", path: "/v1/files/{id}", summary: "Get a file", auth: "key", ...JSON_OK },
  { method: "delete", path: "/v1/files/{id}", summary: "Delete a file", auth: "key", ...JSON_OK },
  {
    ...{ method: "get", path: "/v1/files/{id}/content", summary: "Download a file", auth: "key" },
    ...{ status: 200, answer: ["application/octet-stream"] },
  },
  {
    ...{ method: "post", path: "/chat", summary: "Write in the web chat", auth: "member", body: "chat" },
    ...{ status: 200, answer: [EVENTS] },
  },
  {
    ...{ method: "post", path: "/gateway/requests/{requestId}/stop", summary: "Stop a request" },
    ...{ auth: "keyOrMember", ...JSON_OK },
  },
  {
    ...{ method: "post", path: "/gateway/jobs", summary: "Create a job", auth: "key", body: "job" },
    ...{ status: 202, answer: [JSON_TYPE] },
    more: "Queued. 200 to a repeat with the same `idempotency-key`. The answer goes to `callbackUrl`, signed.",
  },
  { method: "get", path: "/gateway/jobs/{jobId}", summary: "Get a job", auth: "key", ...JSON_OK },
  {
    ...{
      method: "post",
      path: "/webhooks/{webhookId}",
      summary: "Send an event",
      auth: "sender",
      body: "any",
    },
    ...{ status: 202, answer: [JSON_TYPE] },
    more: "Recorded; 200 to a repeat. Signed as the webhook's sender signs: Standard Webhooks, GitHub, Stripe, Slack, or a bearer token.",
  },
  { method: "get", path: "/healthz", summary: "Check health", auth: "none", ...JSON_OK },
  { method: "get", path: "/openapi.json", summary: "Describe this API", auth: "none", ...JSON_OK },
];
