import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { ReadableSource } from "./decodedBody.ts";
import { IncomingBody } from "./incomingBody.ts";
import { PushStream } from "./pushStream.ts";

test("chunks that had come before the body was canceled go nowhere, and harm nobody", async () => {
  const message = new IncomingMessage(new Socket());
  for (let chunk = 0; chunk < 200; chunk++) message.push(Buffer.from([chunk]));
  const reader = new IncomingBody(new ReadableSource(message, (cause) => cause)).stream().getReader();
  const failures: unknown[] = [];
  const note = (error: unknown) => void failures.push(error);
  process.on("uncaughtException", note);
  const first = await reader.read();
  message.resume();
  await reader.cancel();
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  process.off("uncaughtException", note);
  expect(first.value).toEqual(new Uint8Array([0]));
  expect(failures).toEqual([]);
});

test("a body that waited for long before the server took it comes whole", async () => {
  const message = new IncomingMessage(new Socket());
  const body = new IncomingBody(new ReadableSource(message, (cause) => cause)).stream();
  for (let chunk = 0; chunk < 200; chunk++) message.push(Buffer.from([chunk]));
  message.push(null);
  await new Promise((resolve) => setImmediate(resolve));
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    const chunk = (part: Uint8Array) => {
      bytes += part.length;
    };
    if (body instanceof PushStream) body.drainTo({ chunk, close: resolve, error: reject });
  });
  expect(bytes).toBe(200);
});
