// The official SDK, with the two variables that it reads by itself.
import assert from "node:assert/strict";
import Anthropic, { toFile } from "@anthropic-ai/sdk";

const MODEL = "claude-sonnet-5-5";
const client = new Anthropic({ maxRetries: 0 });
const ask = (content, fields = {}) => ({
  model: MODEL,
  max_tokens: 2_000,
  messages: [{ role: "user", content }],
  ...fields,
});
const weather = {
  name: "get_weather",
  description: "The weather of a city.",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

const message = await client.messages.create(ask("Hello"));
assert.equal(message.content[0].type, "text");

const stream = client.messages.stream(ask("Hello in 200 words"));
let streamed = "";
stream.on("text", (delta) => {
  streamed += delta;
});
const final = await stream.finalMessage();
assert.equal(streamed, final.content[0].text);
assert.ok(final.usage.output_tokens > 50);

const call = await client.messages.create(ask("Use get_weather", { tools: [weather] }));
assert.equal(call.stop_reason, "tool_use");
const use = call.content.find((block) => block.type === "tool_use");
const answered = await client.messages.create(
  ask("", {
    tools: [weather],
    messages: [
      { role: "user", content: "Use get_weather" },
      { role: "assistant", content: call.content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "Sunny" }] },
    ],
  }),
);
assert.equal(answered.stop_reason, "end_turn");

const thinking = await client.messages
  .stream(ask("Think", { thinking: { type: "enabled", budget_tokens: 1_024 } }))
  .finalMessage();
assert.deepEqual(
  thinking.content.map((block) => block.type),
  ["thinking", "text"],
);
assert.ok(thinking.content[0].signature.length > 0);

const { max_tokens: _unused, ...counted } = ask("Hello");
assert.ok((await client.messages.countTokens(counted)).input_tokens > 0);
const models = [];
for await (const model of client.models.list({ limit: 5 })) models.push(model.id);
assert.ok(models.includes(MODEL) && models.length > 5);
assert.equal((await client.models.retrieve(MODEL)).id, MODEL);

const batch = await client.messages.batches.create({ requests: [{ custom_id: "a", params: ask("Hello") }] });
while ((await client.messages.batches.retrieve(batch.id)).processing_status !== "ended") {
  await new Promise((resolve) => setTimeout(resolve, 100));
}
const results = [];
for await (const line of await client.messages.batches.results(batch.id)) results.push(line.result.type);
assert.deepEqual(results, ["succeeded"]);

const file = await client.beta.files.upload({ file: await toFile(Buffer.from("note"), "note.txt") });
assert.equal(await (await client.beta.files.download(file.id)).text(), "note");
await client.beta.files.delete(file.id);

const slow = client.messages.stream(ask("Hello"), {
  headers: { "x-simulated-script": JSON.stringify({ text: "word ".repeat(400), deltas: 200, deltaMs: 20 }) },
});
slow.on("text", () => slow.abort());
await assert.rejects(slow.done(), Anthropic.APIUserAbortError);

await assert.rejects(client.messages.create(ask("x", { max_tokens: -1 })), Anthropic.BadRequestError);
await assert.rejects(
  client.messages.create(ask("x", { model: "claude-none" })),
  Anthropic.PermissionDeniedError,
);
await assert.rejects(client.models.retrieve("claude-none"), Anthropic.NotFoundError);
const stranger = new Anthropic({ authToken: "ccg_live_wrong", maxRetries: 0 });
await assert.rejects(stranger.messages.create(ask("x")), Anthropic.AuthenticationError);
