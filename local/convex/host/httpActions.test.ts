import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHost, type TestHost } from "./startTestHost.ts";

const http = `
import { httpRouter, httpActionGeneric as httpAction, makeFunctionReference as ref } from "convex/server";
const encoder = new TextEncoder();
const http = httpRouter();
const outside = Function("return this")();
const route = (method, path, handler) => http.route({ method, path, handler: httpAction(handler) });
route("GET", "/whole", async () => new Response("whole"));
route("GET", "/json", async () => Response.json({ a: 1 }));
route("POST", "/stream", async (ctx, request) => {
  const words = (await request.text()).split(" ");
  let index = 0;
  const body = new ReadableStream({
    async pull(controller) {
      const word = words[index++];
      if (word === undefined) {
        await ctx.runMutation(ref("notes:add"), { text: "streamed" });
        return controller.close();
      }
      controller.enqueue(encoder.encode(word + ";"));
    },
  });
  return new Response(body, { headers: { "content-type": "text/plain" } });
});
route("GET", "/dangling", async (ctx, request) => {
  const released = new Promise((resolve) => { outside.release = resolve; });
  outside.attempt = released.then(() => ctx.runMutation(ref("notes:add"), { text: "late" }));
  return new Response(null, { status: 204 });
});
route("GET", "/throws", async () => { throw new Error("no luck"); });
route("GET", "/identity", async (ctx) => {
  const identity = await ctx.auth.getUserIdentity().catch((error) => error.message);
  const { ip } = await ctx.meta.getRequestMetadata();
  return Response.json({ identity, ip });
});
route("GET", "/abort", async (ctx, request) => {
  const aborted = new Promise((resolve) => request.signal.addEventListener("abort", resolve));
  const { readable, writable } = new TransformStream();
  const write = async () => {
    const writer = writable.getWriter();
    await aborted;
    await ctx.runMutation(ref("notes:add"), { text: "settled" });
    await writer.close();
  };
  write();
  return new Response(readable);
});
export default http;
`;
const notes = `
import { queryGeneric as query, mutationGeneric as mutation } from "convex/server";
export const add = mutation({ handler: async (ctx, { text }) => { await ctx.db.insert("notes", { text }); } });
export const all = query({ handler: async (ctx) => (await ctx.db.query("notes").collect()).map((note) => note.text) });
`;

let deployment: TestHost;
beforeAll(async () => {
  deployment = await startTestHost();
  await deployment.push({ "http.js": http, "notes.js": notes });
});
afterAll(() => deployment.close());

const url = (path: string) => `http://site.test${path}`;

async function readAll(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read())
    chunks.push(read.value);
  return Buffer.concat(chunks).toString();
}

test("only whole bodies have a content-length", async () => {
  const whole = await deployment.http(new Request(url("/whole")));
  expect(whole.response.headers.get("content-length")).toBe("5");
  expect(await readAll(whole.response)).toBe("whole");
  const json = await deployment.http(new Request(url("/json")));
  expect(json.response.headers.get("content-type")).toBe("application/json");
  const stream = await deployment.http(new Request(url("/stream"), { method: "POST", body: "a" }));
  expect(stream.response.headers.get("content-length")).toBeNull();
  await readAll(stream.response);
});

test("a mutation awaited before the end of the stream runs, though the reader is outside of the action", async () => {
  const { response, finish } = await deployment.http(
    new Request(url("/stream"), { method: "POST", body: "one two" }),
  );
  expect(await readAll(response)).toBe("one;two;");
  finish();
  expect(await deployment.query("notes:all")).toMatchObject({
    ok: true,
    value: expect.arrayContaining(["streamed"]),
  });
});

test("operations fail once the action has ended", async () => {
  const { finish } = await deployment.http(new Request(url("/dangling")));
  finish();
  const { release, attempt } = globalThis as unknown as { release: () => void; attempt: Promise<unknown> };
  release();
  await expect(attempt).rejects.toThrow("was called by GET /dangling after it had ended");
});

test("an action goes on after its request was aborted, and can still write", async () => {
  const abort = new AbortController();
  const { response, finish } = await deployment.http(new Request(url("/abort"), { signal: abort.signal }));
  abort.abort();
  expect(await readAll(response)).toBe("");
  finish();
  expect(await deployment.query("notes:all")).toMatchObject({
    ok: true,
    value: expect.arrayContaining(["settled"]),
  });
});

test("an uncaught error is a 500 with code and trace", async () => {
  const { response } = await deployment.http(new Request(url("/throws")));
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({
    code: "[Request ID: 0123456789abcdef] Server Error: Uncaught Error: no luck",
    trace: expect.stringContaining("../convex/http.js:"),
  });
});

test("unknown paths are 404, and an invalid token fails only where the identity is read", async () => {
  expect((await deployment.http(new Request(url("/nowhere")))).response.status).toBe(404);
  const { response } = await deployment.host.runHttpAction(new Request(url("/identity")), {
    identity: { kind: "invalid", message: "Could not decode token" },
    request: { ip: "10.0.0.1", userAgent: null, requestId: "r" },
  });
  expect(await response.json()).toEqual({ identity: "Could not decode token", ip: "10.0.0.1" });
});

test("the logs name method, route and status", async () => {
  const { finish } = await deployment.http(new Request(url("/whole")));
  finish();
  const { entries } = await deployment.host.logs.stream(0, {
    timeoutMs: 0,
    signal: new AbortController().signal,
  });
  expect(entries.at(-1)).toMatchObject({
    udfType: "HttpAction",
    identifier: "GET /whole",
    success: { status: "200" },
  });
});
