import { afterEach, describe, expect, test, vi } from "vitest";
import { api, internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { type Backend, newBackend, newMember, newRequest } from "./test.setup";

const FIRST_PAGE = { numItems: 50, cursor: null };

afterEach(() => {
  vi.useRealTimers();
});

type Turn = { memberId: Id<"members">; threadId?: string; prompt: string; requestId: string };

async function begin(backend: Backend, { memberId, threadId, prompt, requestId }: Turn) {
  const begun = await backend.mutation(internal.messages.begin, {
    memberId,
    threadId: threadId ?? null,
    prompt,
    model: "claude-test",
    requestId,
  });
  if (begun === null) throw new Error(`no thread for ${requestId}`);
  return begun;
}

function finish(backend: Backend, requestId: string, contentJson: string, status = "complete" as const) {
  return backend.mutation(internal.messages.finish, { requestId, status, contentJson });
}

describe("begin", () => {
  test("the first prompt names the thread, and the question and its empty answer are listed newest first", async () => {
    const backend = newBackend();
    const { as, memberId } = await newMember(backend, "member");
    const prompt = `Explain\n  ${"🦊".repeat(80)}`;
    const { threadId } = await begin(backend, { memberId, prompt, requestId: "r1" });

    const thread = await as.query(api.threads.get, { threadId });
    expect(thread?.title).toBe(`Explain ${"🦊".repeat(52)}…`);
    const { page } = await as.query(api.messages.list, { threadId, paginationOpts: FIRST_PAGE });
    expect(page).toMatchObject([
      { role: "assistant", status: "streaming", content: [], requestId: "r1", ledger: null },
      { role: "user", status: "complete", content: [{ type: "text", text: prompt }], requestId: null },
    ]);
  });

  test("the history holds complete answers to the letter, the text of stopped ones, and no failed turn", async () => {
    const backend = newBackend();
    const { memberId } = await newMember(backend, "member");
    const { threadId } = await begin(backend, { memberId, prompt: "one", requestId: "r1" });
    const exact = '[{"type":"text","text":"\\u00e9 \\ud83d","$odd":1.0,"ключ":12345678901234567890}]';
    await finish(backend, "r1", exact);
    await begin(backend, { memberId, threadId, prompt: "two", requestId: "r2" });
    await backend.mutation(internal.messages.finish, {
      requestId: "r2",
      status: "stopped",
      contentJson: '[{"type":"thinking","thinking":"hm"},{"type":"text","text":"half"}]',
    });
    await begin(backend, { memberId, threadId, prompt: "three", requestId: "r3" });
    await backend.mutation(internal.messages.finish, {
      requestId: "r3",
      status: "failed",
      contentJson: "[]",
    });
    await begin(backend, { memberId, threadId, prompt: "still running", requestId: "r4" });

    const { historyJson } = await begin(backend, { memberId, threadId, prompt: 'say "hi"', requestId: "r5" });
    expect(historyJson).toBe(
      [
        '[{"role":"user","content":[{"type":"text","text":"one"}]}',
        `{"role":"assistant","content":${exact}}`,
        '{"role":"user","content":[{"type":"text","text":"two"}]}',
        '{"role":"assistant","content":[{"type":"text","text":"half"}]}',
        '{"role":"user","content":[{"type":"text","text":"say \\"hi\\""}]}]',
      ].join(","),
    );
  });

  test("another member's thread and a made-up id are both no thread", async () => {
    const backend = newBackend();
    const owner = await newMember(backend, "owner");
    const other = await newMember(backend, "member");
    const { threadId } = await begin(backend, { memberId: other.memberId, prompt: "mine", requestId: "r1" });
    for (const foreign of [threadId, "made-up"]) {
      const args = { threadId: foreign, prompt: "x", model: "m", requestId: "r2", memberId: owner.memberId };
      expect(await backend.mutation(internal.messages.begin, args)).toBeNull();
    }
  });
});

describe("finish", () => {
  test("an answer of megabytes comes back whole", async () => {
    const backend = newBackend();
    const { as, memberId } = await newMember(backend, "member");
    const { threadId } = await begin(backend, { memberId, prompt: "long", requestId: "r1" });
    const text = "añ🦊".repeat(300_001);
    await finish(backend, "r1", JSON.stringify([{ type: "text", text }]));
    const { page } = await as.query(api.messages.list, { threadId, paginationOpts: FIRST_PAGE });
    expect(page[0]?.content).toEqual([{ type: "text", text }]);
    const parts = await backend.run((ctx) => ctx.db.query("messageParts").collect());
    const bytes = parts.map((part) => new TextEncoder().encode(part.content).byteLength);
    expect(Math.max(...bytes)).toBeLessThan(700_000);
  });

  test("blocks that Convex cannot represent are listed as their JSON, the others with their unknown fields", async () => {
    const backend = newBackend();
    const { as, memberId } = await newMember(backend, "member");
    const { threadId } = await begin(backend, { memberId, prompt: "odd", requestId: "r1" });
    const odd = { type: "tool_use", input: { $ref: "#/a", ключ: 1 } };
    const unknown = { type: "hologram", depth: { _z: [null, 1.5] } };
    await finish(
      backend,
      "r1",
      `[${JSON.stringify(odd)},${JSON.stringify(unknown)},{"type":"text","text":"\\ud83d!"}]`,
    );
    const { page } = await as.query(api.messages.list, { threadId, paginationOpts: FIRST_PAGE });
    expect(page[0]?.content).toEqual([
      { type: "tool_use", json: JSON.stringify(odd) },
      unknown,
      { type: "text", text: "\uFFFD!" },
    ]);
  });

  test("only the first end counts, and the answer then shows its ledger", async () => {
    const backend = newBackend();
    const { as, memberId } = await newMember(backend, "member");
    await newRequest(backend, "r1", memberId);
    const { threadId } = await begin(backend, { memberId, prompt: "x", requestId: "r1" });
    await finish(backend, "r1", '[{"type":"text","text":"first"}]');
    await finish(backend, "r1", '[{"type":"text","text":"second"}]');
    const { page } = await as.query(api.messages.list, { threadId, paginationOpts: FIRST_PAGE });
    expect(page[0]).toMatchObject({
      status: "complete",
      content: [{ type: "text", text: "first" }],
      ledger: { status: "running", tokens: null, costNanoUsd: null },
    });
  });
});

describe("threads", () => {
  test("the thread that was used last comes first, and nobody else's is listed", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const backend = newBackend();
    const { as, memberId } = await newMember(backend, "member");
    const other = await newMember(backend, "member");
    const first = await begin(backend, { memberId, prompt: "first", requestId: "r1" });
    vi.advanceTimersByTime(1000);
    const second = await begin(backend, { memberId, prompt: "second", requestId: "r2" });
    await begin(backend, { memberId: other.memberId, prompt: "theirs", requestId: "r3" });
    vi.advanceTimersByTime(1000);
    await finish(backend, "r1", "[]");
    const { page } = await as.query(api.threads.list, { paginationOpts: FIRST_PAGE });
    expect(page.map((thread) => thread._id)).toEqual([first.threadId, second.threadId]);
  });

  test("another member, the owner included, can neither read, rename nor delete a thread", async () => {
    const backend = newBackend();
    const { memberId } = await newMember(backend, "member");
    const { as } = await newMember(backend, "owner");
    const { threadId } = await begin(backend, { memberId, prompt: "secret", requestId: "r1" });
    const notFound = { data: { code: "notFound" } };
    expect(await as.query(api.threads.get, { threadId })).toBeNull();
    const listed = await as.query(api.messages.list, { threadId, paginationOpts: FIRST_PAGE });
    expect(listed.page).toEqual([]);
    await expect(as.mutation(api.threads.rename, { threadId, title: "x" })).rejects.toMatchObject(notFound);
    await expect(as.mutation(api.threads.remove, { threadId })).rejects.toMatchObject(notFound);
    await expect(as.mutation(api.threads.remove, { threadId: "made-up" })).rejects.toMatchObject(notFound);
  });

  test("a viewer reads but does not change, and a stranger is unauthenticated", async () => {
    const backend = newBackend();
    const viewer = await newMember(backend, "viewer");
    const { threadId } = await begin(backend, { memberId: viewer.memberId, prompt: "x", requestId: "r1" });
    expect(await viewer.as.query(api.threads.get, { threadId })).not.toBeNull();
    await expect(viewer.as.mutation(api.threads.remove, { threadId })).rejects.toMatchObject({
      data: { code: "forbidden" },
    });
    await expect(backend.query(api.threads.get, { threadId })).rejects.toMatchObject({
      data: { code: "unauthenticated" },
    });
  });

  test("removing a thread deletes its messages, parts and pages and stops the running answer", async () => {
    vi.useFakeTimers();
    const backend = newBackend();
    const { as, memberId } = await newMember(backend, "member");
    await newRequest(backend, "r2", memberId);
    const { threadId } = await begin(backend, { memberId, prompt: "y".repeat(300_000), requestId: "r1" });
    await finish(backend, "r1", "[]");
    await begin(backend, { memberId, threadId, prompt: "x", requestId: "r2" });
    for (let index = 0; index < 40; index += 1) {
      const page = { requestId: "r2", memberId, index, text: "data: {}\n\n", isLast: false };
      await backend.mutation(internal.streamPages.append, page);
    }

    await as.mutation(api.threads.remove, { threadId });
    await backend.finishAllScheduledFunctions(vi.runAllTimers);
    await backend.run(async (ctx) => {
      for (const table of ["threads", "messages", "messageParts", "streamPages"] as const) {
        expect(await ctx.db.query(table).collect()).toEqual([]);
      }
      expect((await ctx.db.query("requests").first())?.stopRequestedAt).toBeTypeOf("number");
    });
    await finish(backend, "r2", "[]");
  });
});
