// The Vercel AI SDK with its Anthropic provider.
import assert from "node:assert/strict";
import { createAnthropic } from "@ai-sdk/anthropic";
import { generateText, streamText } from "ai";

const anthropic = createAnthropic({
  baseURL: `${process.env.GATEWAY_URL}/v1`,
  apiKey: process.env.GATEWAY_KEY,
});
const model = anthropic("claude-sonnet-5-5");

const generated = await generateText({ model, prompt: "Hello", maxRetries: 0 });
assert.ok(generated.text.length > 0);
assert.ok(generated.usage.outputTokens > 0);

const result = streamText({ model, prompt: "Hello", maxRetries: 0 });
let text = "";
for await (const delta of result.textStream) text += delta;
assert.equal(text, generated.text);
assert.equal((await result.usage).outputTokens, generated.usage.outputTokens);

const refused = generateText({ model: anthropic("claude-none"), prompt: "x", maxRetries: 0 });
await assert.rejects(refused, (error) => error.statusCode === 403 && /no price/.test(error.message));
