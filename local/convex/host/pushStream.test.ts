import { describe, expect, test } from "vitest";
import { nativeStream, type PushController, PushStream } from "./pushStream.ts";

function controlled(highWaterMark?: number) {
  let control: PushController<number> | null = null;
  const canceled: unknown[] = [];
  const stream = new PushStream<number>(
    {
      start: (controller) => {
        control = controller;
      },
      cancel: (reason) => canceled.push(reason),
    },
    highWaterMark,
  );
  if (control === null) throw new Error("start was not called");
  const controller: PushController<number> = control;
  return { stream, controller, canceled };
}

const makers: [string, (stream: PushStream<number>) => ReadableStream<number>][] = [
  ["itself", (stream) => stream],
  ["its native form", nativeStream],
];

describe.each(makers)("a pushed stream, read as %s", (_, form) => {
  test("gives chunks pushed before and after the read, then its end", async () => {
    const { stream, controller } = controlled();
    controller.enqueue(1);
    const reader = form(stream).getReader();
    expect(await reader.read()).toEqual({ value: 1, done: false });
    const pending = reader.read();
    controller.enqueue(2);
    controller.enqueue(3);
    controller.close();
    expect(await pending).toEqual({ value: 2, done: false });
    expect(await reader.read()).toEqual({ value: 3, done: false });
    expect(await reader.read()).toEqual({ value: undefined, done: true });
    await reader.closed;
  });

  test("rejects pending and later reads with what broke it", async () => {
    const { stream, controller } = controlled();
    const reader = form(stream).getReader();
    const pending = reader.read();
    controller.error(new Error("broken"));
    await expect(pending).rejects.toThrow("broken");
    await expect(reader.read()).rejects.toThrow("broken");
    await expect(reader.closed).rejects.toThrow("broken");
  });

  test("tells its source of a cancel and ends pending reads", async () => {
    const { stream, canceled } = controlled();
    const reader = form(stream).getReader();
    const pending = reader.read();
    await reader.cancel("enough");
    expect(await pending).toEqual({ value: undefined, done: true });
    expect(canceled).toEqual(["enough"]);
  });

  test("refuses chunks after its end", async () => {
    const { stream, controller } = controlled();
    form(stream);
    controller.close();
    expect(() => controller.enqueue(1)).toThrow(TypeError);
    expect(() => controller.close()).toThrow(TypeError);
  });

  test("has one reader at a time", async () => {
    const { stream, controller } = controlled();
    const read = form(stream);
    const reader = read.getReader();
    expect(read.locked).toBe(true);
    expect(() => read.getReader()).toThrow(TypeError);
    reader.releaseLock();
    expect(read.locked).toBe(false);
    controller.enqueue(7);
    expect(await read.getReader().read()).toEqual({ value: 7, done: false });
    await expect(reader.read()).rejects.toThrow(TypeError);
  });
});

test("a stream is a ReadableStream for instanceof, can be piped, teed and iterated", async () => {
  const numbers = () => {
    const { stream, controller } = controlled();
    for (const number of [1, 2, 3]) controller.enqueue(number);
    controller.close();
    return stream;
  };
  expect(numbers()).toBeInstanceOf(ReadableStream);
  const collect = async (stream: ReadableStream<number>) => {
    const found: number[] = [];
    for await (const number of stream.values()) found.push(number);
    return found;
  };
  expect(await collect(numbers())).toEqual([1, 2, 3]);
  const double = new TransformStream<number, number>({
    transform: (number, controller) => controller.enqueue(number * 2),
  });
  expect(await collect(numbers().pipeThrough(double))).toEqual([2, 4, 6]);
  const [left, right] = numbers().tee();
  expect(await Promise.all([collect(left), collect(right)])).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
});

test("a sink gets what waits, what comes and the end; a failing start fails the stream", async () => {
  const { stream, controller } = controlled();
  const seen: unknown[] = [];
  controller.enqueue(1);
  stream.drainTo({
    chunk: (chunk) => seen.push(chunk),
    close: () => seen.push("closed"),
    error: (reason) => seen.push(reason),
  });
  controller.enqueue(2);
  controller.close();
  expect(seen).toEqual([1, 2, "closed"]);
  expect(() => stream.getReader()).toThrow(TypeError);
  const failing = new PushStream({ start: () => Promise.reject(new Error("no start")) });
  await expect(failing.getReader().read()).rejects.toThrow("no start");
});

test("desiredSize falls with waiting chunks and rises with reads", async () => {
  const { stream, controller } = controlled(2);
  expect(controller.desiredSize).toBe(2);
  controller.enqueue(1);
  controller.enqueue(2);
  expect(controller.desiredSize).toBe(0);
  await stream.getReader().read();
  expect(controller.desiredSize).toBe(1);
});
