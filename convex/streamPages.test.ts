import { afterEach, expect, test, vi } from "vitest";
import { api, internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { type Backend, newBackend, newMember, newRequest } from "./test.setup";

const HOUR_MS = 60 * 60 * 1000;

afterEach(() => {
  vi.useRealTimers();
});

async function append(backend: Backend, memberId: Id<"members">, index: number, isLast = false) {
  const page = { requestId: "r1", memberId, index, text: `data: ${index}\n\n`, isLast };
  return await backend.mutation(internal.streamPages.append, page);
}

test("a reader that advances gets every page once and learns of the end", async () => {
  const backend = newBackend();
  const { as, memberId } = await newMember(backend, "member");
  await newRequest(backend, "r1", memberId);
  for (let index = 0; index < 20; index += 1) await append(backend, memberId, index);

  const first = await as.query(api.streamPages.list, { requestId: "r1", fromIndex: 0 });
  expect(first.pages).toHaveLength(16);
  expect(first.isDone).toBe(false);
  const second = await as.query(api.streamPages.list, { requestId: "r1", fromIndex: 16 });
  expect(second.pages.map((page) => page.index)).toEqual([16, 17, 18, 19]);
  expect(await as.query(api.streamPages.list, { requestId: "r1", fromIndex: 20 })).toEqual({
    pages: [],
    isDone: false,
  });
  await append(backend, memberId, 20, true);
  expect(await as.query(api.streamPages.list, { requestId: "r1", fromIndex: 20 })).toEqual({
    pages: [{ index: 20, text: "data: 20\n\n" }],
    isDone: true,
  });
  expect(await as.query(api.streamPages.list, { requestId: "r1", fromIndex: 21 })).toEqual({
    pages: [],
    isDone: true,
  });
});

test("appending an index again changes nothing", async () => {
  const backend = newBackend();
  const { memberId } = await newMember(backend, "member");
  await newRequest(backend, "r1", memberId);
  await append(backend, memberId, 0);
  const repeated = { requestId: "r1", memberId, index: 0, text: "data: other\n\n", isLast: true };
  await backend.mutation(internal.streamPages.append, repeated);
  const pages = await backend.run((ctx) => ctx.db.query("streamPages").collect());
  expect(pages).toMatchObject([{ text: "data: 0\n\n", isLast: false }]);
});

test("the producer learns of a stop, and of a settlement behind its back, from the page it appends", async () => {
  const backend = newBackend();
  const { memberId } = await newMember(backend, "member");
  const request = await newRequest(backend, "r1", memberId);
  expect(await append(backend, memberId, 0)).toEqual({ isStopRequested: false });
  await backend.run((ctx) => ctx.db.patch("requests", request, { stopRequestedAt: Date.now() }));
  expect(await append(backend, memberId, 1)).toEqual({ isStopRequested: true });
  await backend.run((ctx) =>
    ctx.db.patch("requests", request, { status: "expired", stopRequestedAt: undefined }),
  );
  expect(await append(backend, memberId, 2)).toEqual({ isStopRequested: true });
});

test("somebody else's stream looks like one that does not exist, at every index", async () => {
  const backend = newBackend();
  const { memberId } = await newMember(backend, "member");
  const other = await newMember(backend, "owner");
  await append(backend, memberId, 0, true);
  for (const fromIndex of [0, 1]) {
    const foreign = await other.as.query(api.streamPages.list, { requestId: "r1", fromIndex });
    const unknown = await other.as.query(api.streamPages.list, { requestId: "r2", fromIndex });
    expect(foreign).toEqual(unknown);
  }
});

test("pages live for a day after the stream's end and are then deleted in batches", async () => {
  vi.useFakeTimers();
  const backend = newBackend();
  const { memberId } = await newMember(backend, "member");
  for (let index = 0; index < 70; index += 1) await append(backend, memberId, index);
  vi.advanceTimersByTime(24 * HOUR_MS);
  await append(backend, memberId, 70, true);
  const count = async () => (await backend.run((ctx) => ctx.db.query("streamPages").collect())).length;

  await backend.mutation(internal.streamPages.deleteExpired, {});
  await backend.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await count()).toBe(71);
  vi.advanceTimersByTime(HOUR_MS);
  await backend.mutation(internal.streamPages.deleteExpired, {});
  await backend.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await count()).toBe(1);
});
