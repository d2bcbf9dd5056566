import Anthropic from "@anthropic-ai/sdk";
import { createParser } from "eventsource-parser";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Script, scriptHeader } from "./script.ts";
import { type SimulatedClaude, startClaude } from "./server.ts";

let claude: SimulatedClaude;
let client: Anthropic;

beforeAll(async () => {
  claude = await startClaude({ port: 0 });
  client = new Anthropic({ apiKey: "simulated", baseURL: claude.url, maxRetries: 0 });
});
afterAll(() => claude.stop());
beforeEach(() => claude.journal.clear());

const question = {
  model: "claude-sonnet-5-5",
  max_tokens: 4_096,
  messages: [{ role: "user" as const, content: "Hello 👋🏽 world" }],
};

function withScript(script: Script) {
  return { headers: scriptHeader(script) };
}

async function post(body: unknown, script: Script = {}, headers: Record<string, string> = {}) {
  return await fetch(`${claude.url}/v1/messages`, {
    method: "POST",
    headers: {
      "x-api-key": "simulated",
      "anthropic-version": "2023-06-01",
      "content-type": "application/json",
      ...scriptHeader(script),
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function eventNames(response: Response): Promise<string[]> {
  const names: string[] = [];
  const parser = createParser({ onEvent: (event) => names.push(event.event ?? "") });
  parser.feed(await response.text());
  return names;
}

const scripts: Record<string, Script> = {
  "a derived answer": {},
  "a scripted text in many deltas": { text: "naïve 🌍 – ", repeat: 200, deltas: 300 },
  "an empty text": { text: "" },
  "thinking before text": { thinking: "hm 🤔 ".repeat(20), text: "yes" },
  "tool use": {
    toolUse: { name: "lookup", input: { query: 'a "quoted" 🌍', deep: { list: [1, 2, { x: null }] } } },
  },
  "text and two tools": {
    text: "calling",
    toolUse: [
      { name: "a", input: {} },
      { name: "b", input: { n: 1 } },
    ],
  },
  "every counter": {
    text: "x",
    usage: {
      input_tokens: 11,
      cache_creation_input_tokens: 700,
      cache_read_input_tokens: 13,
      cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 400 },
      output_tokens: 17,
      output_tokens_details: { thinking_tokens: 3 },
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
      service_tier: "priority",
      speed: "fast",
      inference_geo: "us",
    },
  },
  "cumulative usage in four parts": { messageDeltas: 4, text: "one two three four" },
  "single bytes on the wire": { chunking: "byte", text: "ü🌍" },
  "events cut in two": { chunking: "split", text: "ü🌍 ".repeat(30) },
  "one write": { chunking: "whole" },
  "carriage returns, a byte order mark, comments, pings and unknown events": {
    crlf: true,
    bom: true,
    comments: 2,
    pings: 2,
    unknownEvents: 2,
    text: "a b c",
    deltas: 3,
  },
  "another served model and stop reason": { servedModel: "claude-opus-5-5", stopReason: "refusal" },
};

describe("every stream is accepted by the Anthropic SDK and says the same as the plain answer", () => {
  it.each(Object.entries(scripts))("%s", async (_title, script) => {
    const streamed = await client.messages.stream(question, withScript(script)).finalMessage();
    const plain = await client.messages.create(question, withScript(script));
    const { id: streamedId, parsed_output: _parsed, ...streamedRest } = streamed;
    const { id: plainId, ...plainRest } = plain;
    expect(streamedId).not.toBe(plainId);
    const anonymous = (message: object) =>
      JSON.parse(JSON.stringify(message).replace(/sim[0-9a-f]+/g, "sim"));
    expect(anonymous(streamedRest)).toEqual(anonymous(plainRest));
    const [first, second] = await claude.journal.waitFor({ state: "complete" }, 2);
    expect(first?.usage).toEqual(plain.usage);
    expect(second?.bytesSent).toBeGreaterThan(0);
  });
});

describe("the derived answer", () => {
  it("is the same for the same prompt, quotes it, and says that it is simulated", async () => {
    const ask = async () => (await client.messages.create(question)).content[0];
    const [first, second] = [await ask(), await ask()];
    expect(first).toEqual(second);
    const text = first?.type === "text" ? first.text : "";
    expect(text).toContain("simulated Claude");
    expect(text).toContain("> Hello 👋🏽 world");
    expect(text).toMatch(/\n- .+\n[\s\S]*```/);
  });

  it("ends at max_tokens and at a stop sequence", async () => {
    const short = await client.messages.create({ ...question, max_tokens: 5 });
    expect([short.stop_reason, short.usage.output_tokens]).toEqual(["max_tokens", 5]);
    const stopped = await client.messages.create({ ...question, stop_sequences: ["simulated"] });
    expect([stopped.stop_reason, stopped.stop_sequence]).toEqual(["stop_sequence", "simulated"]);
  });

  it("calls a tool that the prompt names with input of the schema's shape, then answers from its result", async () => {
    const tools = [
      {
        name: "get_weather",
        input_schema: {
          type: "object" as const,
          properties: { city: { type: "string" }, days: { type: "integer" } },
        },
      },
    ];
    const call = await client.messages.create({
      ...question,
      tools,
      messages: [{ role: "user", content: "Use get_weather" }],
    });
    const block = call.content.at(-1);
    expect(call.stop_reason).toBe("tool_use");
    expect(block).toMatchObject({
      type: "tool_use",
      name: "get_weather",
      input: { city: "Use get_weather", days: 1 },
    });
    const toolUseId = block?.type === "tool_use" ? block.id : "";
    const answer = await client.messages.create({
      ...question,
      tools,
      messages: [
        { role: "user", content: "Use get_weather" },
        { role: "assistant", content: call.content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: toolUseId, content: "sunny" }] },
      ],
    });
    expect(answer.stop_reason).toBe("end_turn");
  });

  it("thinks when asked to, and accepts images", async () => {
    const message = await client.messages.create({
      ...question,
      thinking: { type: "enabled", budget_tokens: 1_024 },
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
            { type: "text", text: "What is this?" },
          ],
        },
      ],
    });
    expect(message.content.map((block) => block.type)).toEqual(["thinking", "text"]);
    expect(message.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
    expect(message.usage.input_tokens).toBeGreaterThan(1_600);
  });

  it("creates a prompt cache on the first request and reads it on the next", async () => {
    const cached = {
      ...question,
      system: [
        { type: "text" as const, text: "Rules. ".repeat(900), cache_control: { type: "ephemeral" as const } },
      ],
    };
    const first = (await client.messages.create(cached)).usage;
    const second = (await client.messages.create(cached)).usage;
    expect(first.cache_creation_input_tokens).toBeGreaterThan(1_000);
    expect(first.cache_creation?.ephemeral_5m_input_tokens).toBe(first.cache_creation_input_tokens);
    expect(second.cache_read_input_tokens).toBe(first.cache_creation_input_tokens);
    expect(second.input_tokens).toBe(first.input_tokens);
  });
});

describe("the other endpoints", () => {
  it("counts the tokens that a message is then billed for", async () => {
    const counted = await client.messages.countTokens({ model: question.model, messages: question.messages });
    expect(counted.input_tokens).toBe((await client.messages.create(question)).usage.input_tokens);
  });

  it("lists every model through the SDK's pages and finds one by alias", async () => {
    const ids: string[] = [];
    for await (const model of client.models.list({ limit: 5 })) ids.push(model.id);
    expect(new Set(ids).size).toBe(19);
    expect(ids).toContain("claude-sonnet-5-5");
    const haiku = await client.models.retrieve("claude-haiku-4-5");
    expect([haiku.id, haiku.max_input_tokens, haiku.max_tokens]).toEqual([
      "claude-haiku-4-5-20251001",
      200_000,
      64_000,
    ]);
  });

  it("puts rate limits, a request id and the mark of the simulation on every answer", async () => {
    for (const response of [await post(question), await post("{")]) {
      expect(response.headers.get("request-id")).toMatch(/^req_sim/);
      expect(response.headers.get("x-simulated-claude")).toBe("true");
      expect(response.headers.get("anthropic-ratelimit-requests-limit")).toBe("4000");
    }
  });
});

describe("refusals in Anthropic's shape and wording", () => {
  const user = { role: "user", content: "x" };
  it.each<[string, unknown, number, string]>([
    ["malformed JSON", "{", 400, "not valid JSON"],
    ["no max_tokens", { model: "claude-sonnet-5-5", messages: [user] }, 400, "max_tokens: Field required"],
    ["no messages", { ...question, messages: [] }, 400, "messages: at least one message is required"],
    [
      "an empty message",
      { ...question, messages: [{ role: "user", content: "" }] },
      400,
      "non-empty content",
    ],
    ["an unknown role", { ...question, messages: [{ role: "robot", content: "x" }] }, 400, "messages.0.role"],
    ["too many tokens", { ...question, max_tokens: 1e6 }, 400, "maximum allowed number of output tokens"],
    ["an unknown model", { ...question, model: "claude-9" }, 404, "model: claude-9"],
    [
      "a long prompt",
      { ...question, model: "claude-haiku-4-5", messages: [{ role: "user", content: "x".repeat(900_000) }] },
      400,
      "prompt is too long",
    ],
  ])("%s", async (_title, body, status, message) => {
    const response = await post(body);
    const envelope = await response.json();
    expect(response.status).toBe(status);
    expect(envelope).toMatchObject({ type: "error", request_id: response.headers.get("request-id") });
    expect(envelope.error.message).toContain(message);
  });

  it("a real key gets a 401 that names the command that takes it to the real API", async () => {
    const response = await post(question, {}, { "x-api-key": "sk-ant-other" });
    expect(response.status).toBe(401);
    expect((await response.json()).error.message).toContain("npx convex env remove ANTHROPIC_BASE_URL");
  });

  it("a script with an unknown field is refused by name", async () => {
    const response = await post({
      ...question,
      messages: [{ role: "user", content: '[[script {"txet":"a"}]]' }],
    });
    expect([response.status, (await response.json()).error.message]).toEqual([
      400,
      expect.stringContaining("txet"),
    ]);
  });

  it("a scripted status arrives with its type, message and headers", async () => {
    const error = { message: "slow down", headers: { "retry-after": "7" } };
    const failure = await client.messages
      .create(question, withScript({ status: 429, error }))
      .catch((caught: unknown) => caught);
    expect(failure).toBeInstanceOf(Anthropic.RateLimitError);
    const response = await post(question, { status: 529 });
    expect([response.status, (await response.json()).error.type]).toEqual([529, "overloaded_error"]);
  });
});

describe("faults in the middle of a stream", () => {
  const streamed = { ...question, stream: true };
  const text = { text: "one two three four five six", deltas: 6 };

  it("an error event ends the stream", async () => {
    const response = await post(streamed, { ...text, errorAfterDeltas: 2 });
    const names = await eventNames(response);
    expect(names.filter((name) => name === "content_block_delta")).toHaveLength(2);
    expect(names.at(-1)).toBe("error");
    const [entry] = await claude.journal.waitFor({ state: "faulted" });
    expect(entry?.deltasSent).toBe(2);
  });

  it("a clean end comes without message_stop", async () => {
    const names = await eventNames(await post(streamed, { ...text, cutAfterDeltas: 3, cut: "end" }));
    expect(names.filter((name) => name === "content_block_delta")).toHaveLength(3);
    expect(names).not.toContain("message_stop");
  });

  it.each(["reset", "halfEvent"] as const)(
    "a cut by %s breaks the connection after the deltas",
    async (cut) => {
      const response = await post(streamed, { ...text, cutAfterDeltas: 3, cut });
      await expect(response.text()).rejects.toThrow();
    },
  );

  it("a client that leaves is noted with what it was sent", async () => {
    const abort = new AbortController();
    const stream = client.messages.stream(question, {
      ...withScript({ ...text, hangAfterDeltas: 2 }),
      signal: abort.signal,
    });
    stream.on("text", (_delta, whole) => whole.length >= 9 && abort.abort());
    await expect(stream.finalMessage()).rejects.toThrow();
    const [entry] = await claude.journal.waitFor({ state: "aborted" });
    expect([entry?.deltasSent, entry?.abortedAt === entry?.endedAt]).toEqual([2, true]);
  });

  it("a request that is never answered ends when the client leaves", async () => {
    await expect(
      client.messages.create(question, { ...withScript({ hang: true }), timeout: 50 }),
    ).rejects.toThrow();
    expect(await claude.journal.waitFor({ state: "aborted" })).toHaveLength(1);
  });
});

describe("the journal", () => {
  it("is read over HTTP with everything but the credentials, and emptied", async () => {
    await post({ ...question, made_up: 1 }, {}, { "x-made-up": "kept", cookie: "a=b" });
    const read = async () =>
      await (await fetch(`${claude.url}/_simulated/requests?waitMs=2000&state=complete`)).json();
    const { requests } = await read();
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: "POST",
      path: "/v1/messages",
      status: 200,
      state: "complete",
    });
    expect(requests[0].headers).toMatchObject({
      "x-made-up": "kept",
      "x-api-key": "[redacted]",
      cookie: "[redacted]",
    });
    expect(JSON.parse(requests[0].body)).toMatchObject({ made_up: 1 });
    await fetch(`${claude.url}/_simulated/requests`, { method: "DELETE" });
    expect(claude.journal.list()).toHaveLength(0);
  });
});

it("paces deltas as scripted in the prompt, whose marker is not quoted", async () => {
  const startedAt = performance.now();
  const stream = client.messages.stream({
    ...question,
    messages: [{ role: "user", content: 'Hi [[script {"deltas":5,"deltaMs":30,"firstDeltaMs":50}]] there' }],
  });
  const text = await stream.finalText();
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(165);
  expect(text).toContain("> Hi  there");
});
