// OpenAI's client on /v1/chat/completions.
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 });
const ask = (content, fields = {}) => ({
  model: "claude-sonnet-5-5",
  max_tokens: 500,
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content },
  ],
  ...fields,
});

const completion = await client.chat.completions.create(ask("Hello"));
assert.ok(completion.choices[0].message.content.length > 0);
assert.ok(completion.usage.completion_tokens > 0);

let text = "";
for await (const chunk of await client.chat.completions.create(ask("Hello", { stream: true }))) {
  assert.equal(chunk.usage ?? null, null);
  text += chunk.choices[0].delta.content ?? "";
}
assert.equal(text, completion.choices[0].message.content);

let usage = null;
const withUsage = ask("Hello", { stream: true, stream_options: { include_usage: true } });
for await (const chunk of await client.chat.completions.create(withUsage)) usage = chunk.usage ?? usage;
assert.deepEqual(usage, completion.usage);

await assert.rejects(
  client.chat.completions.create(ask("x", { model: "gpt-4" })),
  OpenAI.PermissionDeniedError,
);
const broken = await client.chat.completions.create(ask("x", { stream: true }), {
  headers: { "x-simulated-script": JSON.stringify({ text: "word ".repeat(99), cutAfterDeltas: 3 }) },
});
await assert.rejects(async () => {
  for await (const chunk of broken) void chunk;
}, OpenAI.APIError);
