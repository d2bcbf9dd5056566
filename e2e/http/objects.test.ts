import Anthropic, { toFile } from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { createKey, journal, MODEL, post, question, rowsOf, shared, type TestKey } from "./gateway.ts";
import { uniquePrompt } from "./streams.ts";

const clientOf = ({ secret }: TestKey): Anthropic =>
  new Anthropic({ baseURL: shared.siteUrl, apiKey: secret, authToken: null, maxRetries: 0 });

function params(content: string, fields: object = {}) {
  return { model: MODEL, max_tokens: 200, messages: [{ role: "user" as const, content }], ...fields };
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** The scheduled poll, as the cron runs it, at a time when every batch is due. */
const poll = () => shared.client.run("batches:poll", { now: Date.now() + DAY_MS });

async function endedBatch(client: Anthropic, id: string) {
  for (;;) {
    const batch = await client.messages.batches.retrieve(id);
    if (batch.processing_status === "ended") return batch;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("/v1/messages/batches", () => {
  it("reserves at creation, is settled at half price by the scheduled poll, and belongs to its key alone", async () => {
    const key = await createKey({ monthlyBudgetNanoUsd: 1_000_000_000, concurrentRequests: 1 });
    const client = clientOf(key);
    const [first, second] = [uniquePrompt(), uniquePrompt()];
    const batch = await client.messages.batches.create({
      requests: [
        { custom_id: "a", params: params(first) },
        { custom_id: "b", params: params(second, { model: "claude-opus-5-5" }) },
        { custom_id: "broken", params: params("x", { max_tokens: 9_999_999 }) },
      ].slice(0, 2),
    });
    const [open] = await rowsOf(key);
    expect(open).toMatchObject({ status: "running", endpoint: "POST /v1/messages/batches" });
    expect(open?.reservedNanoUsd).toBeGreaterThan(100 * (10_000 + 20_000));
    expect((await post(question({ max_tokens: 10 }), { key: key.secret })).status).toBe(200);

    const ended = await endedBatch(client, batch.id);
    expect(new URL(ended.results_url ?? "").origin).toBe(shared.siteUrl);
    const usages = [];
    for await (const line of await client.messages.batches.results(batch.id)) {
      if (line.result.type !== "succeeded") throw new Error(line.result.type);
      usages.push(line.result.message.usage);
    }
    await poll();
    const settled = (await rowsOf(key)).find((row) => row.requestId === open?.requestId);
    const [a, b] = usages;
    const pico =
      (a?.input_tokens ?? 0) * 2e6 +
      (a?.output_tokens ?? 0) * 10e6 +
      (b?.input_tokens ?? 0) * 4e6 +
      (b?.output_tokens ?? 0) * 20e6;
    expect(settled).toMatchObject({ status: "succeeded", reservedNanoUsd: 0, costNanoUsd: pico / 2 / 1000 });

    expect((await client.messages.batches.list()).data.map(({ id }) => id)).toEqual([batch.id]);
    const stranger = clientOf(await createKey());
    expect((await stranger.messages.batches.list()).data).toEqual([]);
    for (const call of [
      () => stranger.messages.batches.retrieve(batch.id),
      () => stranger.messages.batches.cancel(batch.id),
      () => stranger.messages.batches.delete(batch.id),
      () => client.messages.batches.retrieve("msgbatch_unknown"),
    ]) {
      await expect(call()).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    }
    expect(await client.messages.batches.delete(batch.id)).toMatchObject({ id: batch.id });
    await expect(client.messages.batches.retrieve(batch.id)).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });

  it("deleted or canceled before the poll is still billed for what it did, and for nothing else", async () => {
    const [deleted, canceled] = [await createKey(), await createKey()];
    const body = { requests: [{ custom_id: "a", params: params(uniquePrompt()) }] };
    const done = await clientOf(deleted).messages.batches.create(body);
    await endedBatch(clientOf(deleted), done.id);
    await clientOf(deleted).messages.batches.delete(done.id);
    expect((await rowsOf(deleted))[0]).toMatchObject({ status: "succeeded", usageSource: "reported" });
    expect((await rowsOf(deleted))[0]?.costNanoUsd).toBeGreaterThan(0);

    const slow = await clientOf(canceled).messages.batches.create(body, {
      headers: { "x-simulated-script": JSON.stringify({ batchMs: 60_000 }) },
    });
    await clientOf(canceled).messages.batches.cancel(slow.id);
    await poll();
    expect((await rowsOf(canceled))[0]).toMatchObject({ status: "failed", costNanoUsd: 0 });
  });

  it("is refused as a whole when the budget has no room for it or a model no price, before Claude hears of it", async () => {
    const prompt = uniquePrompt();
    const poor = clientOf(await createKey({ monthlyBudgetNanoUsd: 1_000 }));
    const request = { custom_id: "a", params: params(prompt) };
    await expect(poor.messages.batches.create({ requests: [request] })).rejects.toMatchObject({
      status: 402,
    });
    const unpriced = { custom_id: "b", params: params(prompt, { model: "claude-unheard-of" }) };
    const rich = clientOf(await createKey());
    await expect(rich.messages.batches.create({ requests: [request, unpriced] })).rejects.toMatchObject({
      status: 403,
    });
    expect(await journal(prompt, { atLeast: 0, waitMs: 0 })).toHaveLength(0);
  });
});

describe("/v1/files", () => {
  it("are uploaded, listed, downloaded, used in a message and deleted by their key, and 404 for every other", async () => {
    const [key, other] = [await createKey(), await createKey()];
    const [client, stranger] = [clientOf(key), clientOf(other)];
    const content = "Grüße, 😀\u0000binary";
    const file = await client.beta.files.upload({
      file: await toFile(Buffer.from(content), "note.txt", { type: "text/plain" }),
    });
    expect(file).toMatchObject({
      filename: "note.txt",
      mime_type: "text/plain",
      size_bytes: Buffer.byteLength(content),
    });
    expect((await client.beta.files.list()).data.map(({ id }) => id)).toEqual([file.id]);
    expect((await client.beta.files.retrieveMetadata(file.id)).id).toBe(file.id);
    expect(await (await client.beta.files.download(file.id)).text()).toBe(content);

    const prompt = uniquePrompt();
    const withFile = (body: Anthropic) =>
      body.messages.create({
        model: MODEL,
        max_tokens: 50,
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: prompt },
              { type: "document", source: { type: "file", file_id: file.id } as never },
            ],
          },
        ],
      });
    expect((await withFile(client)).type).toBe("message");
    await expect(withFile(stranger)).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    expect(await journal(prompt)).toHaveLength(1);

    expect((await stranger.beta.files.list()).data).toEqual([]);
    for (const call of [
      () => stranger.beta.files.retrieveMetadata(file.id),
      () => stranger.beta.files.download(file.id),
      () => stranger.beta.files.delete(file.id),
    ]) {
      await expect(call()).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    }
    await client.beta.files.delete(file.id);
    await expect(client.beta.files.retrieveMetadata(file.id)).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });

  it("deleted behind the gateway's back are forgotten once Claude says so", async () => {
    const client = clientOf(await createKey());
    const file = await client.beta.files.upload({ file: await toFile(Buffer.from("x"), "gone.txt") });
    const headers = { "x-api-key": "simulated", "anthropic-version": "2023-06-01" };
    const path = `${shared.claudeUrl}/v1/files/${file.id}`;
    expect((await fetch(path, { method: "DELETE", headers })).status).toBe(200);
    expect((await client.beta.files.list()).data).toHaveLength(1);
    await expect(client.beta.files.download(file.id)).rejects.toBeInstanceOf(Anthropic.NotFoundError);
    expect((await client.beta.files.list()).data).toEqual([]);
  });

  it("are paged by Anthropic's cursors", async () => {
    const client = clientOf(await createKey());
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) {
      ids.unshift(
        (await client.beta.files.upload({ file: await toFile(Buffer.from("x"), `${index}.txt`) })).id,
      );
    }
    const listed: string[] = [];
    for await (const { id } of client.beta.files.list({ limit: 2 })) listed.push(id);
    expect(listed).toEqual(ids);
  });
});
