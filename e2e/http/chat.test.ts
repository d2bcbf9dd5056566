import { describe, expect, it } from "vitest";
import type { Script } from "../../local/claude/script.ts";
import { call, closedAnswer, postChat, readPages, signUp } from "./chat.ts";
import { errorOf, journal, shared } from "./gateway.ts";
import { lastEvent, uniquePrompt } from "./streams.ts";

const member = await signUp("member");
const scripted = (script: Script): string => `${uniquePrompt()} [[script ${JSON.stringify(script)}]]`;
const textOf = (content: { text?: string }[]): string => content.map((block) => block.text ?? "").join("");
const headersOf = ({ headers }: Response) => ({
  requestId: headers.get("x-gateway-request-id") ?? "",
  threadId: headers.get("x-gateway-thread-id") ?? "",
});

describe("POST /chat", () => {
  it("streams the answer, and the pages and the message hold every character of it", async () => {
    const text = 'naïve 😀 "quoted"\n\n```js\ncode\n```\n'.repeat(50);
    const response = await postChat(member, {
      prompt: scripted({ text, deltas: 100, deltaMs: 8 }),
      maxTokens: 4_000,
    });
    expect(response.status).toBe(200);
    const { requestId, threadId } = headersOf(response);
    const streamed = await response.text();
    const answer = await closedAnswer(member, threadId);
    expect(answer).toMatchObject({ status: "complete", requestId, ledger: { status: "succeeded" } });
    expect(textOf(answer.content)).toBe(text);
    const pages = await readPages(member, requestId);
    expect(pages.isDone).toBe(true);
    expect(streamed.replace(/: request .*\n\n$/, "")).toBe(pages.text);
    expect(pages.text.match(/^id: \d+$/gm)?.length).toBe(pages.text.match(/^event: /gm)?.length);
  });

  it("sends the thread's history, and keeps threads of others apart", async () => {
    const first = await postChat(member, { prompt: "first question" });
    const { threadId } = headersOf(first);
    await first.text();
    const prompt = uniquePrompt();
    await (
      await postChat(member, { threadId, prompt, system: "Be kind.", model: "claude-haiku-5-5" })
    ).text();
    const [entry] = await journal(prompt);
    expect(JSON.parse(entry?.body ?? "")).toMatchObject({
      model: "claude-haiku-5-5",
      system: "Be kind.",
      messages: [
        { role: "user", content: [{ type: "text", text: "first question" }] },
        { role: "assistant" },
        { role: "user", content: [{ type: "text", text: prompt }] },
      ],
    });
    const stranger = await signUp("member");
    expect((await postChat(stranger, { threadId, prompt: "mine?" })).status).toBe(404);
  });

  it("goes on without its client, to the last character", async () => {
    const text = "word ".repeat(200);
    const leaving = new AbortController();
    const response = await postChat(
      member,
      { prompt: scripted({ text, deltas: 100, deltaMs: 10 }) },
      { signal: leaving.signal },
    );
    const { threadId, requestId } = headersOf(response);
    await response.body?.getReader().read();
    leaving.abort();
    const answer = await closedAnswer(member, threadId);
    expect(answer.status).toBe("complete");
    expect(textOf(answer.content)).toBe(text);
    expect((await readPages(member, requestId)).isDone).toBe(true);
  });

  it.each<[string, Script]>([
    ["while text streams", { text: "word ".repeat(2_000), deltas: 2_000, deltaMs: 20 }],
    ["while Claude is silent", { hangAfterDeltas: 3 }],
  ])("stops within a second and a half %s, keeping what came", async (_name, script) => {
    const response = await postChat(member, { prompt: scripted(script), maxTokens: 8_000 });
    const { threadId, requestId } = headersOf(response);
    const reader = response.body?.getReader();
    await reader?.read();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stoppedAt = Date.now();
    await call("mutation", "requests:stop", { requestId }, member);
    for (let chunk = await reader?.read(); chunk && !chunk.done; ) chunk = await reader?.read();
    expect(Date.now() - stoppedAt).toBeLessThan(1_500);
    const answer = await closedAnswer(member, threadId);
    expect(answer).toMatchObject({ status: "stopped", ledger: { status: "canceled" } });
    expect(textOf(answer.content).length).toBeGreaterThan(0);
  });

  it.each<[string, Script, string]>([
    ["Claude refuses", { status: 529, error: { message: "Overloaded" } }, "overloaded_error"],
    ["Claude's stream breaks", { cutAfterDeltas: 2 }, "api_error"],
    ["the operator's key is refused", { status: 401 }, "api_error"],
  ])("tells in the stream and in the message when %s", async (_name, script, type) => {
    const response = await postChat(member, { prompt: scripted(script) });
    expect(response.status).toBe(200);
    const { threadId, requestId } = headersOf(response);
    const text = await response.text();
    expect(lastEvent(text, "error").error?.type).toBe(type);
    const answer = await closedAnswer(member, threadId);
    expect(answer).toMatchObject({ status: "failed", errorMessage: lastEvent(text, "error").error?.message });
    expect(lastEvent((await readPages(member, requestId)).text, "error").error?.type).toBe(type);
  });

  it("refuses before it stores anything", async () => {
    const threads = () =>
      call<{ page: unknown[] }>(
        "query",
        "threads:list",
        { paginationOpts: { numItems: 100, cursor: null } },
        member,
      );
    const before = (await threads()).page.length;
    const refusals: [Response, number][] = [
      [await postChat(null, { prompt: "hi" }), 401],
      [await postChat({ ...member, token: "not.a.token" }, { prompt: "hi" }), 401],
      [await postChat(await signUp("viewer"), { prompt: "hi" }), 403],
      [await postChat(member, { prompt: "" }), 400],
      [await postChat(member, { prompt: "half \ud83d" }), 400],
      [await postChat(member, { prompt: "hi", model: "claude-unheard-of" }), 403],
      [await postChat(member, { prompt: "hi", threadId: "nonsense" }), 404],
    ];
    for (const [response, status] of refusals) {
      expect(response.status).toBe(status);
      expect((await errorOf(response)).request_id).toBe(response.headers.get("request-id"));
    }
    expect((await threads()).page.length).toBe(before);
  });

  it("lets the web app's origin read it and no other", async () => {
    const preflight = (origin: string) =>
      fetch(`${shared.siteUrl}/chat`, { method: "OPTIONS", headers: { origin } });
    const own = await preflight("http://localhost:3999");
    expect(own.status).toBe(204);
    expect(own.headers.get("access-control-allow-origin")).toBe("http://localhost:3999");
    expect(own.headers.get("access-control-allow-headers")).toContain("authorization");
    expect(own.headers.has("access-control-allow-credentials")).toBe(false);
    for (const origin of [
      "http://localhost:39990",
      "https://localhost:3999",
      "null",
      "http://evil.example",
    ]) {
      expect((await preflight(origin)).headers.has("access-control-allow-origin")).toBe(false);
      const refused = await postChat(null, { prompt: "hi" }, { origin });
      expect(refused.headers.has("access-control-allow-origin")).toBe(false);
    }
    const refused = await postChat(null, { prompt: "hi" });
    expect(refused.headers.get("access-control-allow-origin")).toBe("http://localhost:3999");
    expect(refused.headers.get("access-control-expose-headers")).toContain("x-gateway-request-id");
  });
});
