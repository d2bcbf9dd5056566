import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { api } from "./_generated/api";
import { type Backend, newBackend, newMember } from "./test.setup";

const MODEL = "claude-sonnet-5-5";
/** Claude at its HTTP border: the requests it got and what it answers. */
const claude = { requests: [] as Request[], answer: () => new Response() };

beforeEach(() => {
  claude.requests = [];
  vi.stubEnv("ANTHROPIC_API_KEY", "sk-ant-test");
  vi.stubEnv("ANTHROPIC_BASE_URL", "http://claude.test");
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const { signal: _, ...rest } = init;
    claude.requests.push(new Request(url, rest));
    return claude.answer();
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

function streamOf(...events: { type: string; [field: string]: unknown }[]): Response {
  const frames = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  return new Response(frames.join(""), {
    headers: { "content-type": "text/event-stream", "request-id": "req_upstream" },
  });
}

function messageStart(usage: object) {
  const message = { id: "msg_1", type: "message", role: "assistant", model: MODEL, content: [], usage };
  return { type: "message_start", message };
}

function errorOf(status: number, type: string, message: string): Response {
  return Response.json({ type: "error", error: { type, message } }, { status });
}

async function loggedRequest(backend: Backend) {
  return await backend.run((ctx) => ctx.db.query("requests").first());
}

describe("callClaude", () => {
  test("answers with the text and leaves one settled row at the reported usage", async () => {
    const backend = newBackend();
    const { as } = await newMember(backend, "member");
    claude.answer = () =>
      streamOf(
        messageStart({ input_tokens: 11, output_tokens: 1, cache_read_input_tokens: 3 }),
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
        { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello " } },
        { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "🦊" } },
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 7 } },
        { type: "message_stop" },
      );
    const answer = await as.action(api.anthropic.callClaude, { prompt: "hi", system: "be brief" });
    expect(answer).toMatchObject({
      text: "Hello 🦊",
      model: MODEL,
      stopReason: "end_turn",
      tokens: { inputTokens: 11, cacheReadInputTokens: 3, outputTokens: 7 },
    });
    expect(await claude.requests[0]?.json()).toMatchObject({
      model: MODEL,
      max_tokens: 4096,
      system: "be brief",
      messages: [{ role: "user", content: "hi" }],
    });
    expect(await loggedRequest(backend)).toMatchObject({
      requestId: answer.requestId,
      source: "action",
      status: "succeeded",
      usageSource: "reported",
      costNanoUsd: answer.costNanoUsd,
      anthropicRequestId: "req_upstream",
    });
    expect(answer.costNanoUsd).toBeGreaterThan(0);
  });

  test("Claude's refusal reaches the client with Anthropic's type, is settled at nothing and not retried", async () => {
    const backend = newBackend();
    const { as } = await newMember(backend, "member");
    claude.answer = () => errorOf(529, "overloaded_error", "Overloaded");
    await expect(as.action(api.anthropic.callClaude, { prompt: "hi" })).rejects.toMatchObject({
      data: { code: "overloaded_error", message: "Overloaded" },
    });
    expect(claude.requests).toHaveLength(1);
    expect(await loggedRequest(backend)).toMatchObject({ status: "failed", httpStatus: 529, costNanoUsd: 0 });
  });

  test("an answer that breaks off is an error and settled at an estimate", async () => {
    const backend = newBackend();
    const { as } = await newMember(backend, "member");
    claude.answer = () => streamOf(messageStart({ input_tokens: 11, output_tokens: 1 }));
    await expect(as.action(api.anthropic.callClaude, { prompt: "hi" })).rejects.toMatchObject({
      data: { code: "api_error" },
    });
    expect(await loggedRequest(backend)).toMatchObject({ status: "failed", usageSource: "estimated" });
  });

  test("without the deployment's key nothing is called, and the error names the variable and the command", async () => {
    const backend = newBackend();
    const { as } = await newMember(backend, "member");
    vi.stubEnv("ANTHROPIC_API_KEY", undefined);
    const call = as.action(api.anthropic.callClaude, { prompt: "hi" });
    await expect(call).rejects.toMatchObject({
      data: { code: "api_error", message: expect.stringContaining("npx convex env set ANTHROPIC_API_KEY") },
    });
    expect(claude.requests).toEqual([]);
    expect(await loggedRequest(backend)).toBeNull();
  });

  test("viewers and strangers are refused before anything is recorded", async () => {
    const backend = newBackend();
    const { as } = await newMember(backend, "viewer");
    const question = { prompt: "hi" };
    await expect(as.action(api.anthropic.callClaude, question)).rejects.toMatchObject({
      data: { code: "forbidden" },
    });
    await expect(backend.action(api.anthropic.callClaude, question)).rejects.toMatchObject({
      data: { code: "unauthenticated" },
    });
    expect(await loggedRequest(backend)).toBeNull();
  });

  test("a model without a price and a senseless limit are refused before Claude is called", async () => {
    const backend = newBackend();
    const { as } = await newMember(backend, "member");
    const unpriced = as.action(api.anthropic.callClaude, { prompt: "hi", model: "claude-imaginary" });
    await expect(unpriced).rejects.toMatchObject({ data: { code: "permission_error" } });
    const senseless = as.action(api.anthropic.callClaude, { prompt: "hi", maxTokens: 0.5 });
    await expect(senseless).rejects.toMatchObject({ data: { code: "invalid_request_error" } });
    expect(claude.requests).toEqual([]);
  });
});
