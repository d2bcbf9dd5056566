import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plainFetch, plainRequest } from "./plainFetch.ts";

const CHUNK = Buffer.alloc(64 * 1024, "x");
const CHUNKS = 1_000;

let server: http.Server;
let url: string;
let sentChunks = 0;
let closed: Promise<void> = Promise.resolve();

/** `/large` sends 64 MB as fast as they are taken; `/silent` never answers; `/cut` breaks off. */
beforeAll(async () => {
  server = http.createServer((request, response) => {
    request.resume();
    closed = new Promise((resolve) => response.on("close", resolve));
    if (request.url === "/large") void sendLarge(response);
    else if (request.url === "/cut") {
      response.writeHead(200, { "content-length": 100 });
      response.write("half", () => response.destroy());
    } else if (request.url === "/early") {
      response.writeProcessing();
      response.writeHead(201, { "x-first": "w\u00f6rter" });
      response.end("done");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function sendLarge(response: http.ServerResponse): Promise<void> {
  sentChunks = 0;
  for (; sentChunks < CHUNKS && !response.destroyed; sentChunks++) {
    if (!response.write(CHUNK)) await new Promise((resolve) => response.once("drain", resolve));
  }
  response.end();
}

function get(path: string, signal?: AbortSignal): Promise<Response> {
  const init = { redirect: "manual", headers: { "accept-encoding": "identity" }, signal } as const;
  const plain = plainRequest(url + path, init);
  if (plain === null) throw new Error("this fetch is not a plain one");
  return plainFetch(plain);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("a body that nobody reads makes the sender wait, and comes whole once it is read", async () => {
  const response = await get("/large");
  await pause(200);
  const waitingAt = sentChunks;
  expect(waitingAt).toBeLessThan(CHUNKS / 2);
  await pause(100);
  expect(sentChunks).toBe(waitingAt);
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes % 7 === 0) await pause(1);
  }
  expect(bytes).toBe(CHUNK.length * CHUNKS);
});

test("a body that was let wait can be taken whole, too", async () => {
  const response = await get("/large");
  await pause(100);
  expect((await response.arrayBuffer()).byteLength).toBe(CHUNK.length * CHUNKS);
});

test("a canceled body closes the connection", async () => {
  const response = await get("/large");
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await closed;
  expect(sentChunks).toBeLessThan(CHUNKS);
});

test("an abort ends a request that has no answer yet, and an answer that is being read, with its reason", async () => {
  const reason = new Error("changed my mind");
  const early = new AbortController();
  const silent = get("/silent", early.signal);
  await pause(50);
  early.abort(reason);
  await expect(silent).rejects.toBe(reason);
  await closed;
  const late = new AbortController();
  const reader = (await get("/large", late.signal)).body?.getReader();
  await reader?.read();
  late.abort(reason);
  const read = async () => {
    while (!(await reader?.read())?.done);
  };
  await expect(read()).rejects.toBe(reason);
});

test("what breaks off or cannot be reached fails as fetch does", async () => {
  const response = await get("/cut");
  await expect(response.text()).rejects.toThrow(new TypeError("fetch failed"));
  const refused = plainRequest("http://127.0.0.1:1/", {
    redirect: "manual",
    headers: { "accept-encoding": "identity" },
  });
  if (refused === null) throw new Error("this fetch is not a plain one");
  await expect(plainFetch(refused)).rejects.toMatchObject({ name: "TypeError", message: "fetch failed" });
});

test("informational heads are passed over, and the head is handed on as it came", async () => {
  const response = await get("/early");
  expect([response.status, response.headers.get("x-first")]).toEqual([201, "w\u00f6rter"]);
  expect(await response.text()).toBe("done");
});
