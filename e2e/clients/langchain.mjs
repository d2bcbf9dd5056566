// LangChain's Anthropic class.
import assert from "node:assert/strict";
import { ChatAnthropic } from "@langchain/anthropic";

const chat = (model) =>
  new ChatAnthropic({
    model,
    maxTokens: 500,
    maxRetries: 0,
    apiKey: process.env.GATEWAY_KEY,
    anthropicApiUrl: process.env.GATEWAY_URL,
  });
const claude = chat("claude-sonnet-5-5");

const answer = await claude.invoke("Hello");
assert.ok(answer.text.length > 0);
assert.ok(answer.usage_metadata.output_tokens > 0);

let text = "";
let usage = null;
for await (const chunk of await claude.stream("Hello")) {
  text += chunk.text;
  usage = chunk.usage_metadata ? { ...usage, ...chunk.usage_metadata } : usage;
}
assert.equal(text, answer.text);
assert.ok(usage.output_tokens > 0);

const weather = {
  name: "get_weather",
  description: "The weather of a city.",
  input_schema: { type: "object", properties: { city: { type: "string" } } },
};
const called = await claude.bindTools([weather]).invoke("Use get_weather");
assert.equal(called.tool_calls[0].name, "get_weather");
await assert.rejects(chat("claude-none").invoke("x"), /no price/);
