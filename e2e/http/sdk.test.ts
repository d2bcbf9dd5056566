import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { scriptHeader } from "../../local/claude/script.ts";
import { createKey, journal, MODEL, settledRow, shared, type TestKey } from "./gateway.ts";
import { uniquePrompt } from "./streams.ts";

function clientOf(key: TestKey, options: { bearer?: boolean } = {}): Anthropic {
  const credential = options.bearer
    ? { authToken: key.secret, apiKey: null }
    : { apiKey: key.secret, authToken: null };
  return new Anthropic({ baseURL: shared.siteUrl, maxRetries: 0, ...credential });
}

function ask(content: string) {
  return { model: MODEL, max_tokens: 300, messages: [{ role: "user" as const, content }] };
}

describe("the Anthropic SDK, by base URL and key alone", () => {
  it("creates a message with either kind of credential", async () => {
    const key = await createKey();
    for (const bearer of [false, true]) {
      const message = await clientOf(key, { bearer }).messages.create(ask(uniquePrompt()));
      expect(message.content[0]?.type).toBe("text");
      expect(message.usage.output_tokens).toBeGreaterThan(0);
    }
  });

  it("streams exactly the text that Claude sends, as it is generated", async () => {
    const text = "Zwölf Boxkämpfer 😀 jagen\n\nViktor ".repeat(20);
    const stream = clientOf(await createKey()).messages.stream(ask(uniquePrompt()), {
      headers: scriptHeader({ text, deltas: 40, deltaMs: 10, chunking: "split" }),
    });
    const arrivals: number[] = [];
    stream.on("text", () => arrivals.push(Date.now()));
    expect(await stream.finalText()).toBe(text);
    expect(arrivals.length).toBe(40);
    expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(200);
  });

  it("aborts Claude within a second of an abort and settles what was delivered", async () => {
    const key = await createKey();
    const prompt = uniquePrompt();
    const stream = clientOf(key).messages.stream(ask(prompt), {
      headers: scriptHeader({ text: "word ".repeat(400), deltas: 400, deltaMs: 20 }),
    });
    let received = "";
    await new Promise<void>((resolve) => {
      stream.on("text", (delta) => {
        received += delta;
        if (received.length > 50) resolve();
      });
      stream.on("error", () => {});
    });
    const abortedAt = Date.now();
    stream.abort();
    await expect(stream.done()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
    const [entry] = await journal(prompt, { state: "aborted" });
    expect((entry?.abortedAt ?? Number.POSITIVE_INFINITY) - abortedAt).toBeLessThan(1_000);
    const row = await settledRow(key);
    expect(row).toMatchObject({ status: "canceled", usageSource: "estimated", reservedNanoUsd: 0 });
    expect(row.tokens?.outputTokens).toBeGreaterThanOrEqual(
      entry?.outputTokensSent ?? Number.POSITIVE_INFINITY,
    );
    expect(row.tokens?.outputTokens).toBeLessThanOrEqual(300);
  });

  it("counts tokens without a row, a price or a budget", async () => {
    const key = await createKey({ monthlyBudgetNanoUsd: 0 });
    const { max_tokens: _unused, ...body } = ask(uniquePrompt());
    expect((await clientOf(key).messages.countTokens(body)).input_tokens).toBeGreaterThan(0);
  });

  it("lists models and gets one", async () => {
    const client = clientOf(await createKey({ allowedModels: [MODEL, "claude-haiku-5-5"] }));
    const ids = (await client.models.list({ limit: 1000 })).data.map((model) => model.id);
    expect(ids.sort()).toEqual(["claude-haiku-5-5", MODEL]);
    expect((await client.models.retrieve(MODEL)).id).toBe(MODEL);
    await expect(client.models.retrieve("claude-opus-5-5")).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });

  it("throws its typed errors, with our sentence and a request id", async () => {
    const key = await createKey({ allowedModels: [MODEL] });
    const body = ask(uniquePrompt());
    const unknownKey = new Anthropic({
      baseURL: shared.siteUrl,
      apiKey: "sk-ant-nope",
      authToken: null,
      maxRetries: 0,
    });
    await expect(unknownKey.messages.create(body)).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
    await expect(clientOf(key).messages.create({ ...body, max_tokens: -1 })).rejects.toBeInstanceOf(
      Anthropic.BadRequestError,
    );
    const denied = await clientOf(key)
      .messages.create({ ...body, model: "claude-opus-5-5" })
      .catch((error: unknown) => error);
    expect(denied).toBeInstanceOf(Anthropic.PermissionDeniedError);
    expect(denied).toMatchObject({ type: "permission_error", requestID: expect.stringMatching(/^req_gw_/) });
    const overloaded = clientOf(key).messages.create(
      { ...body, stream: true },
      { headers: scriptHeader({ errorAfterDeltas: 1 }) },
    );
    await expect(
      overloaded.then(async (events) => {
        for await (const event of events) void event;
      }),
    ).rejects.toMatchObject({ type: "overloaded_error" });
  });
});
