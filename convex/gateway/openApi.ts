import * as z from "zod/mini";
import { batch } from "./batches";
import { turn } from "./chat";
import { chatBody } from "./chatCompletions";
import { prompted } from "./claude";
import { type Exchange, gatewayHeaders } from "./Exchange";
import { jobBody } from "./jobs";
import { API_OPERATIONS, type ApiOperation, type Body } from "./openApiOperations";
import { OUTGOING } from "./openApiOutgoing";
import { billed, counted } from "./parseMessagesBody";

type Json = Record<string, unknown>;

/** The schemas that validate, by the name that an operation gives its body. */
const SCHEMAS: Record<Exclude<Body, "any" | "multipart">, z.ZodMiniType> = {
  messages: billed,
  countTokens: counted,
  batch,
  completions: chatBody,
  prompt: prompted,
  chat: turn,
  job: jobBody,
};

const ERROR: Json = {
  type: "object",
  required: ["type", "error", "request_id"],
  properties: {
    type: { const: "error" },
    error: {
      type: "object",
      required: ["type", "message"],
      properties: { type: { type: "string" }, message: { type: "string" } },
    },
    request_id: { type: "string" },
  },
};

const SECURITY: Record<ApiOperation["auth"], Json[]> = {
  key: [{ bearerKey: [] }, { apiKey: [] }],
  member: [{ memberToken: [] }],
  keyOrMember: [{ bearerKey: [] }, { apiKey: [] }, { memberToken: [] }],
  sender: [],
  none: [],
};

let documentJson: string | null = null;

/** `GET /openapi.json`: made from the schemas that validate requests, once per process. */
export async function openApi({ requestId }: Exchange): Promise<Response> {
  documentJson ??= JSON.stringify(openApiDocument());
  return new Response(documentJson, {
    headers: { ...gatewayHeaders(requestId), "content-type": "application/json" },
  });
}

function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const operation of API_OPERATIONS) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describeOperation(operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Convex Claude Gateway",
      version: "1",
      description:
        "Fields that a schema does not name go on to Claude unchanged: a schema lists what the gateway itself reads.",
    },
    paths,
    webhooks: OUTGOING,
    components: {
      securitySchemes: {
        bearerKey: { type: "http", scheme: "bearer", description: "A gateway key, ccg_live_…" },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key", description: "A gateway key, ccg_live_…" },
        memberToken: {
          type: "http",
          scheme: "bearer",
          description: "The session token of a signed-in member.",
        },
      },
      schemas: {
        error: ERROR,
        ...Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, jsonSchema(schema)])),
      },
      responses: {
        error: {
          description: "Anthropic's error envelope. `x-should-retry` says whether to try again.",
          content: { "application/json": { schema: { $ref: "#/components/schemas/error" } } },
        },
      },
    },
  };
}

/** What a client may send; the dialect is the document's own. */
function jsonSchema(schema: z.ZodMiniType): Json {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io: "input" });
  return described;
}

function describeOperation({ path, summary, auth, body, status, answer, more }: ApiOperation): Json {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  return {
    summary,
    operationId: summary
      .replace(/[^A-Za-z ]/g, "")
      .split(" ")
      .map((word, index) => (index === 0 ? word.toLowerCase() : word.charAt(0).toUpperCase() + word.slice(1)))
      .join(""),
    security: SECURITY[auth],
    ...(names.length > 0 && {
      parameters: names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    }),
    ...(body && { requestBody: { required: true, content: contentOf(body) } }),
    responses: {
      [status]: {
        description: more ?? "OK",
        content: Object.fromEntries(answer.map((type) => [type, {}])),
      },
      default: { $ref: "#/components/responses/error" },
    },
  };
}

function contentOf(body: Body): Json {
  switch (body) {
    case "any":
      return { "application/json": { schema: {} } };
    case "multipart":
      return { "multipart/form-data": { schema: { type: "object" } } };
    case "prompt":
      return {
        "application/json": { schema: { $ref: "#/components/schemas/prompt" } },
        "text/plain": { schema: { type: "string" } },
      };
    default:
      return { "application/json": { schema: { $ref: `#/components/schemas/${body}` } } };
  }
}
