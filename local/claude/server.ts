import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { ApiError, errorEnvelope, typeOfStatus } from "./ApiError.ts";
import { Batches } from "./Batches.ts";
import { chatChunks, chatCompletion, parseChatRequest, sendChunks } from "./chatCompletions.ts";
import { FaultSelector } from "./FaultSelector.ts";
import { Files } from "./Files.ts";
import { Journal } from "./Journal.ts";
import { findModel, listModels } from "./models.ts";
import { PromptCache } from "./PromptCache.ts";
import { parseMessagesRequest } from "./parseMessagesRequest.ts";
import { pause } from "./pause.ts";
import { planMessage } from "./planMessage.ts";
import { readScript, type Script } from "./script.ts";
import { type Outgoing, sendMessage, sendStream } from "./sendAnswer.ts";

export interface ClaudeOptions {
  /** 0 chooses a free port. */
  readonly port: number;
  readonly host?: string;
  /** Milliseconds between the deltas of a stream whose script does not say; default 0. */
  readonly deltaMs?: number;
}

export interface SimulatedClaude {
  readonly url: string;
  readonly journal: Journal;
  /** Ends every open answer and closes the port. */
  stop(): Promise<void>;
}

const maxBodyBytes = 32 * 1024 * 1024;

/** Starts the simulated Anthropic API. It listens on loopback unless `host` says otherwise; rejects if the port is taken. */
export async function startClaude(options: ClaudeOptions): Promise<SimulatedClaude> {
  const host = options.host ?? "127.0.0.1";
  const claude = new Claude(options.deltaMs ?? 0);
  const server = createServer((request, response) => void claude.handle(request, response));
  // Longer than any client keeps a connection idle, so that the client never reuses one that is being closed.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : options.port;
  return {
    url: `http://${host}:${port}`,
    journal: claude.journal,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class Claude {
  readonly journal = new Journal();
  readonly #cache = new PromptCache();
  readonly #faults = new FaultSelector();
  readonly #idPrefix = `sim${randomBytes(6).toString("hex")}`;
  readonly #files = new Files(this.#idPrefix);
  readonly #batches = new Batches(this.#idPrefix, this.#cache);
  #requests = 0;

  constructor(private readonly deltaMs: number) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    const method = request.method ?? "GET";
    if (path.startsWith("/_simulated/")) return await this.#control(method, path, response);
    const requestId = `req_${this.#idPrefix}${String(++this.#requests).padStart(8, "0")}`;
    const entry = this.journal.begin(requestId, method, path, request.headers);
    const departure = new AbortController();
    response.on("close", () => {
      this.journal.end(entry, response.writableFinished ? "complete" : "aborted");
      departure.abort();
    });
    response.on("error", () => departure.abort());
    const out: Outgoing = {
      response,
      journal: this.journal,
      entry,
      headers: answerHeaders(requestId),
      deltaMs: this.deltaMs,
      signal: departure.signal,
    };
    try {
      await this.#route(request, out);
    } catch (error) {
      this.#refuse(out, error);
    }
  }

  async #route(request: IncomingMessage, out: Outgoing): Promise<void> {
    const url = new URL(out.entry.path, "http://simulated");
    const method = out.entry.method;
    if (method === "HEAD" && url.pathname === "/") {
      out.response.writeHead(200, out.headers).end();
      return;
    }
    checkCredential(request);
    if (url.pathname === "/v1/messages" || url.pathname === "/v1/messages/count_tokens") {
      if (method !== "POST")
        throw new ApiError("invalid_request_error", `Method Not Allowed: ${method} ${url.pathname}`);
      const body = await readBody(request, out.signal);
      if (out.signal.aborted) return;
      this.journal.setBody(out.entry, body);
      if (request.headers["anthropic-version"] === undefined) {
        throw new ApiError("invalid_request_error", "anthropic-version: header is required");
      }
      if (url.pathname === "/v1/messages") return await this.#messages(request, body, out);
      const counted = parseMessagesRequest(body, headerText(request, "anthropic-beta"), true);
      return sendJson(out, JSON.stringify({ input_tokens: counted.inputTokens }));
    }
    if (url.pathname === "/v1/chat/completions" && method === "POST") return await this.#chat(request, out);
    if (/^\/v1\/(?:files|messages\/batches)(?:\/|$)/.test(url.pathname)) {
      return await this.#objects(request, url, out);
    }
    if (url.pathname === "/v1/models" && method === "GET") return sendJson(out, listModels(url.searchParams));
    if (url.pathname.startsWith("/v1/models/") && method === "GET") {
      const id = decodeURIComponent(url.pathname.slice("/v1/models/".length));
      return sendJson(out, JSON.stringify(findModel(id)));
    }
    throw new ApiError("not_found_error", `Not found: the simulated Claude has no ${method} ${url.pathname}`);
  }

  async #messages(request: IncomingMessage, body: string, out: Outgoing): Promise<void> {
    const parsed = parseMessagesRequest(body, headerText(request, "anthropic-beta"), false);
    out.entry.isStreaming = parsed.isStreaming;
    const { script, prompt } = readScript(
      headerText(request, "x-simulated-script") || undefined,
      parsed.prompt,
    );
    if (script.headMs !== undefined) await pause(script.headMs, out.signal);
    const isFaulty = this.#faults.isDue(script, {
      key: credentialOf(request),
      model: parsed.model.id,
      prompt,
    });
    if (isFaulty && script.hang === true) await pause(Number.POSITIVE_INFINITY, out.signal);
    if (out.signal.aborted) return;
    if (isFaulty && script.resetBeforeHead === true) {
      this.journal.end(out.entry, "faulted");
      out.response.destroy();
      return;
    }
    for (let sent = 0; sent < (script.informational ?? 0); sent++) out.response.writeProcessing();
    const scripted = script.headers ? { ...out, headers: { ...out.headers, ...script.headers } } : out;
    if (isFaulty && script.status !== undefined) return sendScriptedError(scripted, script, script.status);
    if (!parsed.isStreaming) refuseStreamFaults(script);
    const plan = planMessage(parsed, script, prompt, `msg_${out.entry.requestId.slice(4)}`, this.#cache);
    out.entry.usage = plan.usage;
    await (parsed.isStreaming ? sendStream(scripted, plan, script) : sendMessage(scripted, plan, script));
  }

  /** OpenAI's shape of one request, answered from the same plan as Anthropic's. */
  async #chat(request: IncomingMessage, out: Outgoing): Promise<void> {
    const body = await readBody(request, out.signal);
    if (out.signal.aborted) return;
    this.journal.setBody(out.entry, body);
    const chat = parseChatRequest(body);
    out.entry.isStreaming = chat.isStreaming;
    const parsed = parseMessagesRequest(chat.messagesBody, "", false);
    const { script, prompt } = readScript(
      headerText(request, "x-simulated-script") || undefined,
      parsed.prompt,
    );
    if (script.status !== undefined) return sendScriptedError(out, script, script.status);
    const plan = planMessage(parsed, script, prompt, `msg_${out.entry.requestId.slice(4)}`, this.#cache);
    out.entry.usage = plan.usage;
    if (!chat.isStreaming) return sendJson(out, chatCompletion(plan));
    await sendChunks(out, chatChunks(plan, chat.includeUsage), script);
  }

  /** Files and batches: everything that Claude keeps between requests. */
  async #objects(request: IncomingMessage, url: URL, out: Outgoing): Promise<void> {
    const bytes = await readBytes(request, out.signal);
    if (out.signal.aborted) return;
    const { method } = out.entry;
    const isBatch = url.pathname.startsWith("/v1/messages/batches");
    if (isBatch) this.journal.setBody(out.entry, bytes.toString());
    const { script } = readScript(headerText(request, "x-simulated-script") || undefined, "");
    if (script.status !== undefined) return sendScriptedError(out, script, script.status);
    const answer = isBatch
      ? this.#batches.answer({
          method,
          url,
          body: bytes.toString(),
          script,
          origin: `http://${request.headers.host}`,
        })
      : await this.#files.answer(method, url, bytes, headerText(request, "content-type"));
    if (typeof answer === "string") return sendJson(out, answer);
    out.entry.status = 200;
    out.entry.bytesSent = answer.bytes.length;
    out.response.writeHead(200, { "content-type": answer.contentType, ...out.headers }).end(answer.bytes);
  }

  #refuse(out: Outgoing, error: unknown): void {
    const refusal =
      error instanceof ApiError
        ? error
        : new ApiError("api_error", `Simulated Claude failed: ${String(error)}`);
    if (!(error instanceof ApiError)) console.error(error);
    this.journal.end(out.entry, "refused");
    if (out.response.headersSent) {
      out.response.destroy();
      return;
    }
    out.entry.status = refusal.status;
    // The rest of an oversized body is not read, so the connection cannot be used again.
    if (refusal.status === 413) out.response.setHeader("connection", "close");
    out.response
      .writeHead(refusal.status, {
        "content-type": "application/json",
        ...out.headers,
        "x-should-retry": refusal.status >= 429 ? "true" : "false",
      })
      .end(errorEnvelope(refusal.type, refusal.message, out.entry.requestId));
  }

  /** `GET /_simulated/requests?path=&contains=&state=&since=&atLeast=&waitMs=` and `DELETE /_simulated/requests`. */
  async #control(method: string, path: string, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(path, "http://simulated");
    if (pathname !== "/_simulated/requests" || (method !== "GET" && method !== "DELETE")) {
      response.writeHead(404).end();
      return;
    }
    if (method === "DELETE") {
      this.journal.clear();
      response.writeHead(204).end();
      return;
    }
    const filter = {
      path: searchParams.get("path") ?? undefined,
      contains: searchParams.get("contains") ?? undefined,
      state: searchParams.get("state") ?? undefined,
      since: Number(searchParams.get("since") ?? 0),
    };
    const waitMs = Math.min(60_000, Number(searchParams.get("waitMs") ?? 0));
    const requests = await this.journal.waitFor(filter, Number(searchParams.get("atLeast") ?? 1), waitMs);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ requests }));
  }
}

function headerText(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(",") : (value ?? "");
}

function credentialOf(request: IncomingMessage): string {
  return headerText(request, "x-api-key") || headerText(request, "authorization").replace(/^bearer\s+/i, "");
}

/** `simulated`, or for deployments with several keys `simulated-2` and so on. */
function checkCredential(request: IncomingMessage): void {
  const credential = credentialOf(request);
  if (credential === "") throw new ApiError("authentication_error", "x-api-key header is required");
  if (/^simulated(?:-\w+)?$/.test(credential)) return;
  throw new ApiError(
    "authentication_error",
    "invalid x-api-key: this is the simulated Claude, which accepts only the key `simulated`. With a real key, send " +
      "requests to the real API: `npx convex env remove ANTHROPIC_BASE_URL`. To stay with the simulated Claude: " +
      "`npx convex env set ANTHROPIC_API_KEY simulated`.",
  );
}

async function readBody(request: IncomingMessage, signal: AbortSignal): Promise<string> {
  return (await readBytes(request, signal)).toString();
}

async function readBytes(request: IncomingMessage, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  return await new Promise((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
      else reject(new ApiError("request_too_large", "Request exceeds the maximum size"));
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    signal.addEventListener("abort", () => resolve(Buffer.alloc(0)));
  });
}

function sendJson(out: Outgoing, json: string): void {
  out.entry.status = 200;
  out.entry.firstByteAt = Date.now();
  out.entry.bytesSent = Buffer.byteLength(json);
  out.response.writeHead(200, { "content-type": "application/json", ...out.headers }).end(json);
}

function sendScriptedError(out: Outgoing, script: Script, status: number): void {
  const type = script.error?.type ?? typeOfStatus(status);
  const message = script.error?.message ?? `Simulated HTTP ${status}`;
  out.journal.end(out.entry, "refused");
  out.entry.status = status;
  out.response
    .writeHead(status, { "content-type": "application/json", ...out.headers, ...script.error?.headers })
    .end(script.error?.body ?? errorEnvelope(type, message, out.entry.requestId));
}

function refuseStreamFaults(script: Script): void {
  for (const name of ["errorAfterDeltas", "hangAfterDeltas"] as const) {
    if (script[name] !== undefined) {
      throw new ApiError(
        "invalid_request_error",
        `simulated script: ${name} needs a request with "stream": true`,
      );
    }
  }
}

let limitReset = { second: 0, text: "" };

function answerHeaders(requestId: string): Record<string, string> {
  const second = Math.floor(Date.now() / 1000);
  if (second !== limitReset.second) {
    limitReset = { second, text: `${new Date((second + 60) * 1000).toISOString().slice(0, 19)}Z` };
  }
  return {
    "request-id": requestId,
    "x-simulated-claude": "true",
    "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
    "anthropic-ratelimit-requests-limit": "4000",
    "anthropic-ratelimit-requests-remaining": "3999",
    "anthropic-ratelimit-requests-reset": limitReset.text,
    "anthropic-ratelimit-tokens-limit": "480000",
    "anthropic-ratelimit-tokens-remaining": "479000",
    "anthropic-ratelimit-tokens-reset": limitReset.text,
    "anthropic-ratelimit-input-tokens-limit": "400000",
    "anthropic-ratelimit-input-tokens-remaining": "399000",
    "anthropic-ratelimit-input-tokens-reset": limitReset.text,
    "anthropic-ratelimit-output-tokens-limit": "80000",
    "anthropic-ratelimit-output-tokens-remaining": "79000",
    "anthropic-ratelimit-output-tokens-reset": limitReset.text,
  };
}
