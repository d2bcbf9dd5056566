import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKey, errorOf, post, question, rowsOf, shared, type TestKey } from "./gateway.ts";
import { Receiver, verified } from "./Receiver.ts";
import { createDestination, tableOf } from "./webhooks.ts";

const SECRET = `whsec_${Buffer.from(randomUUID()).toString("base64")}`;

let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
});
afterAll(() => receiver.stop());

const createJob = (key: TestKey, body: object, headers: Record<string, string> = {}) =>
  post(body, { key: key.secret, path: "/gateway/jobs", headers });

interface Job {
  id: string;
  status: string;
  result?: {
    text: string;
    message: { content: unknown[]; usage: Record<string, number> };
    error?: { type: string };
  };
}

async function getJob(key: TestKey, jobId: string): Promise<Response> {
  return await fetch(`${shared.siteUrl}/gateway/jobs/${jobId}`, { headers: { "x-api-key": key.secret } });
}

async function endedJob(key: TestKey, jobId: string): Promise<Job> {
  for (;;) {
    const job: Job = await (await getJob(key, jobId)).json();
    if (job.status !== "queued" && job.status !== "running") return job;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("POST /gateway/jobs", () => {
  it("answers 202, and the job's own key reads the answer; nobody else does", async () => {
    const key = await createKey();
    const message = question();
    const response = await createJob(key, { message });
    expect(response.status).toBe(202);
    const { id } = await response.json();
    const job = await endedJob(key, id);
    expect(job).toMatchObject({ id, status: "succeeded" });
    expect(job.result?.text).toContain(message.messages[0]?.content);
    expect(job.result?.message.usage.output_tokens).toBeGreaterThan(0);
    expect(await rowsOf(key)).toMatchObject([
      { status: "succeeded", usageSource: "reported", source: "job" },
    ]);
    expect((await getJob(await createKey(), id)).status).toBe(404);
    expect((await getJob(key, "job_none")).status).toBe(404);
  });

  it("delivers to a callback, signed with the job's secret or the destination's", async () => {
    const key = await createKey();
    const destination = await createDestination(`${receiver.url}/known`);
    for (const [callback, secret] of [
      [{ callbackUrl: receiver.url, callbackSecret: SECRET }, SECRET],
      [{ callbackUrl: `${receiver.url}/known` }, destination.secret],
    ] as const) {
      const { id } = await (await createJob(key, { message: question(), ...callback })).json();
      const [delivery] = await receiver.waitFor(id);
      if (!delivery) throw new Error("no delivery");
      expect(verified(delivery, secret)).toMatchObject({ type: "answer.completed", data: { id } });
    }
    expect(JSON.stringify(await tableOf("runs"))).not.toContain(SECRET);
  });

  it("runs once for the same idempotency key, and tells a repeat by 200 and the same id", async () => {
    const key = await createKey();
    const body = { message: question() };
    const headers = { "idempotency-key": randomUUID() };
    const first = await createJob(key, body, headers);
    const again = await createJob(key, body, headers);
    expect([first.status, again.status]).toEqual([202, 200]);
    const { id } = await first.json();
    expect((await again.json()).id).toBe(id);
    await endedJob(key, id);
    expect(await rowsOf(key)).toHaveLength(1);
  });

  it("refuses at once what could never run or be delivered", async () => {
    const key = await createKey();
    const message = question();
    const refused: [number, object, string][] = [
      [400, { message: question({ stream: true }) }, "stream"],
      [400, { message: { model: "x" } }, "messages"],
      [400, {}, "message"],
      [400, { message, callbackUrl: "http://10.0.0.1/" }, "callbackUrl"],
      [400, { message, callbackUrl: "https://example.com:22/", callbackSecret: SECRET }, "22"],
      [400, { message, callbackUrl: "https://example.com/" }, "callbackSecret"],
      [400, { message, callbackUrl: "https://example.com/", callbackSecret: "secret" }, "whsec_"],
    ];
    for (const [status, body, word] of refused) {
      const response = await createJob(key, body);
      expect([word, response.status]).toEqual([word, status]);
      expect((await errorOf(response)).error.message).toContain(word);
    }
    expect((await createJob({ apiKeyId: "", secret: "ccg_live_x" }, { message })).status).toBe(401);
  });
});

describe("a failing job", () => {
  it("says why, with Claude's own error", async () => {
    const key = await createKey();
    const script = { status: 400, error: { type: "invalid_request_error", message: "no good" } };
    const content = `[[script ${JSON.stringify(script)}]]`;
    const { id } = await (
      await createJob(key, { message: question({ messages: [{ role: "user", content }] }) })
    ).json();
    const job = await endedJob(key, id);
    expect(job).toMatchObject({ status: "failed", result: { error: { type: "invalid_request_error" } } });
  });
});
