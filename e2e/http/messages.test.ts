import { describe, expect, it } from "vitest";
import type { Script } from "../../local/claude/script.ts";
import { createKey, errorOf, journal, post, question, settledRow } from "./gateway.ts";
import { askClaudeDirectly, lastEvent, readStream, withoutIds } from "./streams.ts";

describe("POST /v1/messages", () => {
  it("relays a message byte for byte and settles what Claude reported", async () => {
    const key = await createKey();
    const body = question();
    const response = await post(body, { key: key.secret });
    const text = await response.text();
    expect(response.status, text).toBe(200);
    expect(withoutIds(text)).toBe(withoutIds(await askClaudeDirectly(body, {})));
    const { usage, model } = JSON.parse(text) as {
      model: string;
      usage: { input_tokens: number; output_tokens: number };
    };
    const row = await settledRow(key);
    expect(row).toMatchObject({
      status: "succeeded",
      usageSource: "reported",
      servedModel: model,
      reservedNanoUsd: 0,
      httpStatus: 200,
      anthropicRequestId: response.headers.get("request-id"),
      tokens: { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens },
      costNanoUsd: usage.input_tokens * 2_000 + usage.output_tokens * 10_000,
    });
    expect(Number(response.headers.get("x-gateway-cost-usd")) * 1e9).toBeCloseTo(row.costNanoUsd ?? -1);
    expect(response.headers.get("x-gateway-request-id")).toBe(row.requestId);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.has("anthropic-organization-id")).toBe(false);
  });

  it.each<[string, Script]>([
    ["one event a piece", { deltas: 20 }],
    ["one byte a piece", { deltas: 3, chunking: "byte" }],
    ["two pieces an event", { deltas: 20, chunking: "split", text: "aé😀 ".repeat(30) }],
    ["the whole stream at once", { deltas: 50, chunking: "whole" }],
    [
      "CRLF, a byte order mark, comments, pings and unknown events",
      { crlf: true, bom: true, comments: 1, pings: 1, unknownEvents: 1 },
    ],
    ["thinking and tool use", { thinking: "Let me see", toolUse: { name: "f", input: { city: "Paris" } } }],
  ])("relays a stream of %s byte for byte, then tells its cost", async (_name, script) => {
    const key = await createKey();
    const body = question({ stream: true });
    const response = await post(body, { key: key.secret, script });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const { claudeText, costUsd } = await readStream(response);
    expect(withoutIds(claudeText)).toBe(withoutIds(await askClaudeDirectly(body, script)));
    const row = await settledRow(key);
    expect(row).toMatchObject({ status: "succeeded", usageSource: "reported", reservedNanoUsd: 0 });
    expect(Math.round(Number(costUsd) * 1e9)).toBe(row.costNanoUsd);
  });

  it("costs the same streamed and whole, whatever was cached, searched or served", async () => {
    const usage = {
      input_tokens: 11,
      cache_read_input_tokens: 5_000,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 77,
      server_tool_use: { web_search_requests: 2 },
      inference_geo: "us",
      service_tier: "standard",
    };
    const costs = [];
    for (const stream of [true, false]) {
      const key = await createKey();
      await (
        await post(question({ stream }), {
          key: key.secret,
          script: { usage, messageDeltas: stream ? 3 : 1 },
        })
      ).text();
      const row = await settledRow(key);
      expect(row.tokens).toEqual({
        inputTokens: 11,
        cacheReadInputTokens: 5_000,
        cacheCreation5mInputTokens: 100,
        cacheCreation1hInputTokens: 200,
        outputTokens: 77,
        webSearchRequests: 2,
      });
      costs.push(row.costNanoUsd);
    }
    const tokensPico = 11 * 2e6 + 5_000 * 1e5 + 100 * 2.5e6 + 200 * 4e6 + 77 * 1e7;
    expect(costs).toEqual([0, 0].map(() => Math.round((tokensPico * 1.1) / 1_000) + 20_000_000));
  });

  it("passes a made-up header, beta, query and body field on and keeps credentials to itself", async () => {
    const key = await createKey();
    const body = { ...question(), invented_field: { deep: [1.0, "x"] } };
    const text = JSON.stringify(body, null, 1);
    const response = await post(text, {
      key: key.secret,
      path: "/v1/messages?beta=true&invented=1",
      headers: {
        "x-invented": "yes",
        "anthropic-beta": "invented-2027-01-01,other-2026-01-01",
        "anthropic-workspace-id": "wrkspc_1",
        cookie: "session=1",
      },
    });
    expect(response.status).toBe(200);
    const [entry] = await journal(body.messages[0]?.content ?? "");
    expect(entry?.body).toBe(text);
    expect(entry?.path).toBe("/v1/messages?beta=true&invented=1");
    expect(entry?.headers).toMatchObject({
      "x-invented": "yes",
      "anthropic-beta": "invented-2027-01-01,other-2026-01-01",
      "accept-encoding": "identity",
    });
    expect(entry?.headers).not.toHaveProperty("cookie");
    expect(entry?.headers).not.toHaveProperty("anthropic-workspace-id");
    expect(JSON.stringify(entry?.headers)).not.toContain("ccg_live_");
  });

  it("takes the key as a bearer token too, and from both headers when they agree", async () => {
    const { secret } = await createKey();
    const authorization = `Bearer ${secret}`;
    const body = question();
    expect((await post(body, { headers: { authorization } })).status).toBe(200);
    expect((await post(body, { key: secret, headers: { authorization } })).status).toBe(200);
    for (const { headers } of await journal(body.messages[0]?.content ?? "", { atLeast: 2 })) {
      expect(headers).not.toHaveProperty("authorization");
    }
  });
});

describe("upstream errors", () => {
  it.each([400, 403, 404, 413, 429, 500, 503, 529])(
    "%i reaches the client with status, body and headers and costs nothing",
    async (status) => {
      const key = await createKey();
      const script = {
        status,
        error: { message: "scripted", headers: { "retry-after": "7", "x-should-retry": "true" } },
      };
      const response = await post(question({ stream: status % 2 === 0 }), {
        key: key.secret,
        script,
        headers: { "x-stainless-retry-count": "1" }, // The client repeats, so the gateway does not.
      });
      expect(response.status).toBe(status);
      expect(response.headers.get("retry-after")).toBe("7");
      expect((await errorOf(response)).error.message).toBe("scripted");
      expect(await settledRow(key)).toMatchObject({
        status: "failed",
        costNanoUsd: 0,
        httpStatus: status,
        reservedNanoUsd: 0,
      });
    },
  );

  it("401, the operator's fault, becomes a 500 that names the variable", async () => {
    const key = await createKey();
    const response = await post(question(), { key: key.secret, script: { status: 401 } });
    expect(response.status).toBe(500);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect((await errorOf(response)).error).toMatchObject({
      type: "api_error",
      message: expect.stringContaining("ANTHROPIC_API_KEY"),
    });
    expect(await settledRow(key)).toMatchObject({ status: "failed", httpStatus: 401 });
  });

  it("a redirect is not followed", async () => {
    const key = await createKey();
    const script = { status: 307, error: { headers: { location: "http://127.0.0.1:1/steal" } } };
    const response = await post(question(), { key: key.secret, script });
    expect(response.status).toBe(500);
    expect(response.headers.has("location")).toBe(false);
  });

  it("an HTML page of a proxy passes as it is and is billed at an estimate", async () => {
    const key = await createKey();
    const script = {
      status: 200,
      error: { body: "<html>hello</html>" },
      headers: { "content-type": "text/html" },
    };
    const response = await post(question(), { key: key.secret, script });
    expect(await response.text()).toBe("<html>hello</html>");
    expect(await settledRow(key)).toMatchObject({ usageSource: "estimated" });
  });

  it.each<[string, Script, string]>([
    ["Claude's own error event", { errorAfterDeltas: 3 }, "overloaded_error"],
    ["a clean end without message_stop", { cutAfterDeltas: 3, cut: "end" }, "api_error"],
    ["a reset connection", { cutAfterDeltas: 3, cut: "reset" }, "api_error"],
    ["half an event", { cutAfterDeltas: 3, cut: "halfEvent" }, "api_error"],
  ])("mid-stream, %s ends the stream in one error event and an estimate", async (_name, script, type) => {
    const key = await createKey();
    const body = question({ stream: true });
    const { text } = await readStream(
      await post(body, { key: key.secret, script: { ...script, deltas: 20 } }),
    );
    expect(text.match(/event: error/g)).toHaveLength(1);
    expect(lastEvent(text, "error").error?.type).toBe(type);
    const whole = withoutIds(await askClaudeDirectly(body, { deltas: 20 }));
    expect(whole.startsWith(withoutIds(text.slice(0, text.indexOf("event: error"))))).toBe(true);
    const row = await settledRow(key);
    expect(row).toMatchObject({
      status: "failed",
      usageSource: "estimated",
      errorType: type,
      reservedNanoUsd: 0,
    });
    expect(row.tokens?.outputTokens).toBeGreaterThan(3);
  });

  it("an answer that breaks off whole is a 529 and billed at an estimate", async () => {
    const key = await createKey();
    const response = await post(question(), { key: key.secret, script: { cutAfterDeltas: 0 } });
    expect(response.status).toBe(529);
    expect(await settledRow(key)).toMatchObject({ status: "failed", usageSource: "estimated" });
  });
});
