import { Hono, type HonoWithConvex, HttpRouterWithHono } from "convex-helpers/server/hono";
import type { ActionCtx } from "./_generated/server";
import { auth } from "./auth";
import { answerError } from "./gateway/answerError";
import {
  batchResults,
  cancelBatch,
  createBatch,
  deleteBatch,
  getBatch,
  listBatches,
} from "./gateway/batches";
import { chat } from "./gateway/chat";
import { chatCompletions } from "./gateway/chatCompletions";
import { claude } from "./gateway/claude";
import { preflight, withCors } from "./gateway/cors";
import { countTokens } from "./gateway/countTokens";
import { createExchange, type Exchange, gatewayHeaders } from "./gateway/Exchange";
import { deleteFile, downloadFile, getFile, listFiles, uploadFile } from "./gateway/files";
import { createJob, getJob } from "./gateway/jobs";
import { messages } from "./gateway/messages";
import { getModel, listModels } from "./gateway/models";
import { openApi } from "./gateway/openApi";
import { receiveWebhook } from "./gateway/receiveWebhook";
import { resumeStream } from "./gateway/resumeStream";
import { stopRequest } from "./gateway/stopRequest";
import { unknownRoute } from "./gateway/unknownRoute";

interface RouteContext {
  env: ActionCtx;
  req: { raw: Request };
}
type Handler = (exchange: Exchange) => Promise<Response>;

/** Runs a handler; whatever it throws is answered in Anthropic's shape. */
async function answer({ env, req }: RouteContext, handler: Handler): Promise<Response> {
  const exchange = createExchange(env, req.raw);
  try {
    return await handler(exchange);
  } catch (error) {
    return answerError(error, exchange);
  }
}

/** For routes that the web app calls from its own origin. */
async function answerWebApp(context: RouteContext, handler: Handler): Promise<Response> {
  return withCors(context.req.raw, await answer(context, handler));
}

const app: HonoWithConvex<ActionCtx> = new Hono();

app.post("/claude", (c) => answer(c, claude));
app.post("/v1/messages", (c) => answer(c, messages));
app.post("/v1/messages/count_tokens", (c) => answer(c, countTokens));
app.get("/v1/models", (c) => answer(c, listModels));
app.get("/v1/models/:model", (c) => answer(c, (exchange) => getModel(exchange, c.req.param("model"))));
app.post("/v1/messages/batches", (c) => answer(c, createBatch));
app.get("/v1/messages/batches", (c) => answer(c, listBatches));
app.get("/v1/messages/batches/:id", (c) => answer(c, (exchange) => getBatch(exchange, c.req.param("id"))));
app.delete("/v1/messages/batches/:id", (c) =>
  answer(c, (exchange) => deleteBatch(exchange, c.req.param("id"))),
);
app.post("/v1/messages/batches/:id/cancel", (c) =>
  answer(c, (exchange) => cancelBatch(exchange, c.req.param("id"))),
);
app.get("/v1/messages/batches/:id/results", (c) =>
  answer(c, (exchange) => batchResults(exchange, c.req.param("id"))),
);
app.post("/v1/chat/completions", (c) => answer(c, chatCompletions));
app.post("/v1/files", (c) => answer(c, uploadFile));
app.get("/v1/files", (c) => answer(c, listFiles));
app.get("/v1/files/:id", (c) => answer(c, (exchange) => getFile(exchange, c.req.param("id"))));
app.delete("/v1/files/:id", (c) => answer(c, (exchange) => deleteFile(exchange, c.req.param("id"))));
app.get("/v1/files/:id/content", (c) => answer(c, (exchange) => downloadFile(exchange, c.req.param("id"))));
app.post("/chat", (c) => answerWebApp(c, chat));
app.options("/chat", (c) => preflight(c.req.raw));
app.get("/gateway/streams/:requestId", (c) =>
  answerWebApp(c, (exchange) => resumeStream(exchange, c.req.param("requestId"))),
);
app.post("/gateway/requests/:requestId/stop", (c) =>
  answerWebApp(c, (exchange) => stopRequest(exchange, c.req.param("requestId"))),
);
app.post("/gateway/jobs", (c) => answerWebApp(c, createJob));
app.get("/gateway/jobs/:jobId", (c) => answerWebApp(c, (exchange) => getJob(exchange, c.req.param("jobId"))));
app.post("/webhooks/:webhookId", (c) =>
  answer(c, (exchange) => receiveWebhook(exchange, c.req.param("webhookId"))),
);
app.options("/gateway/*", (c) => preflight(c.req.raw));
app.get("/openapi.json", (c) => answer(c, openApi));
app.get("/healthz", (c) =>
  answer(c, async ({ requestId }) => Response.json({ ok: true }, { headers: gatewayHeaders(requestId) })),
);
app.notFound((c) => answer(c, unknownRoute));

const http = new HttpRouterWithHono(app);
auth.addHttpRoutes(http);

export default http;
