import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { addedMb } from "./deploymentProcess.ts";
import { createKey, errorOf, journal, MODEL, post, question, rowsOf, settledRow } from "./gateway.ts";
import { rawAnswer, statusOf } from "./rawAnswer.ts";
import { askClaudeDirectly, uniquePrompt, withoutIds } from "./streams.ts";

const MIB = 1024 * 1024;
const BODY_BYTES_MAX = 20 * MIB;
const BODIES = process.env.GATEWAY_TEST_FULL === "1" ? 20 : 3;
const key = await createKey();
const POST = ["POST /v1/messages HTTP/1.1", "anthropic-version: 2023-06-01", `x-api-key: ${key.secret}`];

/** A question with an image that fills it up to exactly so many bytes. */
function bodyOf(bytes: number, prompt: string): string {
  const body = (data: string) => {
    const source = { type: "base64", media_type: "image/png", data };
    const content = [
      { type: "image", source },
      { type: "text", text: prompt },
    ];
    return JSON.stringify({ model: MODEL, max_tokens: 10, messages: [{ role: "user", content }] });
  };
  return body("A".repeat(bytes - body("").length));
}

/** The body as one chunk, with its end. */
function chunked(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

describe("a request body", () => {
  it("of exactly 20 MiB passes and of a byte more is refused with 413, with its length told or in chunks", async () => {
    const [told, inChunks] = [uniquePrompt(), uniquePrompt()];
    const response = await post(bodyOf(BODY_BYTES_MAX, told), { key: key.secret });
    expect(response.status, await response.text()).toBe(200);
    const head = [...POST, "transfer-encoding: chunked"];
    expect(statusOf(await rawAnswer(head, chunked(bodyOf(BODY_BYTES_MAX, inChunks))))).toBe(200);
    for (const prompt of [told, inChunks]) expect(await journal(prompt)).toHaveLength(1);

    const large = uniquePrompt();
    const refused = await post(bodyOf(BODY_BYTES_MAX + 1, large), { key: key.secret });
    expect([refused.status, (await errorOf(refused)).error.type]).toEqual([413, "request_too_large"]);
    expect(statusOf(await rawAnswer(head, chunked(bodyOf(BODY_BYTES_MAX + 1, large))))).toBe(413);
    expect(await journal(large, { atLeast: 0, waitMs: 0 })).toHaveLength(0);
  });

  it("is refused by its declared length before any of it has come", async () => {
    const answer = await rawAnswer([...POST, `content-length: ${BODY_BYTES_MAX + 1}`]);
    expect(statusOf(answer)).toBe(413);
    expect(answer).toContain("request_too_large");
  });

  it(`that is too large ${BODIES} times, compressed or in chunks, costs the memory of a few of them, however many come`, async () => {
    const body = "x".repeat(33 * MIB);
    const bomb = gzipSync(Buffer.alloc(200 * MIB));
    const refuseAll = async () => {
      for (let n = 0; n < BODIES; n++) {
        expect((await post(body, { key: key.secret })).status).toBe(413);
        expect(statusOf(await rawAnswer([...POST, "transfer-encoding: chunked"], chunked(body)))).toBe(413);
        const headers = { "content-encoding": "gzip" };
        expect((await post(bomb, { key: key.secret, headers })).status).toBe(415);
      }
    };
    // The process keeps what it once needed.
    await refuseAll();
    const added = await addedMb(refuseAll);
    expect(added).toBeLessThan(4 * 33);
  }, 120_000);

  it("whose length is a lie is never taken for another one", async () => {
    const own = await createKey();
    const head = ["POST /v1/messages HTTP/1.1", "anthropic-version: 2023-06-01", `x-api-key: ${own.secret}`];
    const prompt = uniquePrompt();
    const body = JSON.stringify(question({ messages: [{ role: "user", content: prompt }] }));
    const smuggled = `${head.join("\r\n")}\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    expect(statusOf(await rawAnswer([...head, `content-length: ${body.length - 9}`], body))).toBe(400);
    for (const lengths of [
      ["content-length: -1"],
      ["content-length: 1e2"],
      ["content-length: 0x10"],
      [`content-length: ${body.length}`, `content-length: ${body.length + 1}`],
      ["content-length: 5", "transfer-encoding: chunked"],
      ["transfer-encoding: chunked, identity"],
    ]) {
      const status = statusOf(await rawAnswer([...head, ...lengths], smuggled));
      expect([lengths, status]).toEqual([lengths, 400]);
    }
    expect(await journal(prompt, { atLeast: 0, waitMs: 0 })).toHaveLength(0);
    expect(await rowsOf(own)).toHaveLength(0);
  });
});

describe("a whole answer", () => {
  const usage = { output_tokens: 9 };
  it("just below 19 MiB passes byte for byte", async () => {
    const own = await createKey();
    const body = question();
    const script = { text: "x".repeat(1_000), repeat: 19_900, usage };
    const response = await post(body, { key: own.secret, script });
    expect(response.status).toBe(200);
    expect(withoutIds(await response.text())).toBe(withoutIds(await askClaudeDirectly(body, script)));
    expect(await settledRow(own)).toMatchObject({ status: "succeeded", tokens: { outputTokens: 9 } });
  });

  it("beyond it is an error that says what to do, and is billed as it was used", async () => {
    const own = await createKey();
    const script = { text: "x".repeat(1_000), repeat: 20_500, usage };
    const response = await post(question(), { key: own.secret, script });
    expect(response.status).toBe(500);
    expect((await errorOf(response)).error.message).toMatch(/19 MiB.*stream: true/);
    expect(await settledRow(own)).toMatchObject({ status: "succeeded", tokens: { outputTokens: 9 } });
  });
});
