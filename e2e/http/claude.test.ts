import { describe, expect, it } from "vitest";
import type { Script } from "../../local/claude/script.ts";
import { createKey, errorOf, journal, post, settledRow } from "./gateway.ts";
import { lastEvent, readStream, uniquePrompt } from "./streams.ts";

/** `/claude` passes no headers on, so the script travels in the prompt. */
function scriptedPrompt(script: Script): string {
  return `${uniquePrompt()} [[script ${JSON.stringify(script)}]]`;
}

describe("POST /claude", () => {
  it("streams bare text for a bare prompt, long before its end", async () => {
    const key = await createKey();
    const text = "eins zwei drei vier fünf ".repeat(8);
    const script = { text, deltas: 20, deltaMs: 25 };
    const prompt = scriptedPrompt(script);
    const headers = { "content-type": "application/x-www-form-urlencoded", accept: "*/*" };
    const response = await post(prompt, { key: key.secret, path: "/claude", headers });
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    let received = "";
    let firstAt = 0;
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      firstAt ||= Date.now();
      received += decoder.decode(chunk, { stream: true });
    }
    expect(received).toBe(text);
    expect(Date.now() - firstAt).toBeGreaterThan(300);
    const [entry] = await journal(prompt.slice(0, 40));
    expect(JSON.parse(entry?.body ?? "")).toEqual({
      model: "claude-sonnet-5-5",
      max_tokens: 4_096,
      messages: [{ role: "user", content: prompt }],
      stream: true,
    });
    expect(await settledRow(key)).toMatchObject({ status: "succeeded", usageSource: "reported" });
  });

  it("takes JSON whatever its content type, and answers one message to who accepts JSON", async () => {
    const key = await createKey();
    const body = JSON.stringify({
      prompt: uniquePrompt(),
      system: "Be brief.",
      model: "claude-haiku-5-5",
      max_tokens: 99,
    });
    const headers = { "content-type": "text/plain", accept: "application/json" };
    const response = await post(` \n${body}`, { key: key.secret, path: "/claude", headers });
    expect((await response.json()) as { type: string; model: string }).toMatchObject({
      type: "message",
      model: "claude-haiku-5-5",
    });
    expect(response.headers.has("x-gateway-cost-usd")).toBe(true);
  });

  it("sends Anthropic's events to who accepts an event stream", async () => {
    const key = await createKey();
    const headers = { accept: "text/event-stream" };
    const { text, costUsd } = await readStream(
      await post(uniquePrompt(), { key: key.secret, path: "/claude", headers }),
    );
    expect(lastEvent(text, "message_stop").type).toBe("message_stop");
    expect(Number(costUsd)).toBeGreaterThan(0);
  });

  it("ends text that breaks off in a line that says so", async () => {
    const key = await createKey();
    for (const script of [{ cutAfterDeltas: 2 }, { errorAfterDeltas: 2 }]) {
      const response = await post(scriptedPrompt(script), {
        key: key.secret,
        path: "/claude",
        headers: { accept: "text/plain" },
      });
      const id = response.headers.get("x-gateway-request-id");
      expect(await response.text()).toMatch(new RegExp(`\nerror: \\w+_error: .+ \\(${id}\\)\n$`));
    }
  });

  it.each<[string, string, number]>([
    ["nothing", "", 400],
    ["spaces", "  \n ", 400],
    ["half a JSON", '{"prompt": ', 400],
    ["JSON without a prompt", '{"system": "x"}', 400],
    ["a prompt of 5 MB", "x".repeat(5_000_000), 413],
  ])("refuses %s", async (_name, body, status) => {
    const { secret } = await createKey();
    const response = await post(body, { key: secret, path: "/claude" });
    expect(response.status).toBe(status);
    expect((await errorOf(response)).type).toBe("error");
  });
});
