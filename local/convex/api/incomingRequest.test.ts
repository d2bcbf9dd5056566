import { expect, test } from "vitest";
import { IncomingRequest } from "./incomingRequest.ts";

function incoming(
  body: Uint8Array | ReadableStream<Uint8Array> | null = Buffer.from('{"a":1}'),
): IncomingRequest {
  return new IncomingRequest({
    url: "http://127.0.0.1/v1/messages",
    method: body === null ? "GET" : "POST",
    rawHeaders: ["Content-Type", "application/json", "X-Twice", "1", "x-twice", "2"],
    body,
  });
}

test("it is a Request and reads like one", async () => {
  const request = incoming();
  expect(request).toBeInstanceOf(Request);
  expect(request.headers.get("x-twice")).toBe("1, 2");
  expect(request.bodyUsed).toBe(false);
  expect(await request.json()).toEqual({ a: 1 });
  expect(request.bodyUsed).toBe(true);
  await expect(request.text()).rejects.toThrow(TypeError);
});

test("its native twin, its clone and its body stream share the body", async () => {
  expect(await incoming().native().text()).toBe('{"a":1}');
  const cloned = incoming();
  expect(await cloned.clone().text()).toBe('{"a":1}');
  expect(await cloned.text()).toBe('{"a":1}');
  const streamed = incoming(new Blob(["stream"]).stream());
  expect(await new Response(streamed.body).text()).toBe("stream");
  expect(streamed.bodyUsed).toBe(true);
});

test("a body that was read is used in the native twin too", async () => {
  const request = incoming();
  await request.arrayBuffer();
  expect(request.native().bodyUsed).toBe(true);
});

test("the signal aborts, whether it was asked for before or after the client left", () => {
  const before = incoming();
  const { signal } = before;
  before.abort();
  expect(signal.aborted).toBe(true);
  const after = incoming();
  after.abort();
  expect(after.signal.aborted).toBe(true);
});

test("a request without a body has none", async () => {
  const request = incoming(null);
  expect(request.body).toBeNull();
  expect(await request.text()).toBe("");
});
