import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { clear, wire } from "./target.ts";

const ZERO_TS = "AAAAAAAAAAA=";

interface Version {
  querySet: number;
  identity: number;
  ts: string;
}
interface ServerMessage {
  type: string;
  startVersion: Version;
  endVersion: Version;
  modifications: {
    type: string;
    queryId: number;
    value?: unknown;
    errorMessage?: string;
    journal?: string | null;
  }[];
  requestId: number;
  success: boolean;
  result: unknown;
  ts: string;
  error: string;
  baseVersion: number;
  authUpdateAttempted: boolean;
}

/** A bare socket that speaks the protocol by hand. */
async function openSocket(sessionId: string = randomUUID()) {
  const socket = new WebSocket(`${inject("deployment").cloudUrl.replace("http", "ws")}/api/1.48.0/sync`);
  onTestFinished(() => socket.terminate());
  const messages: ServerMessage[] = [];
  let wake = () => {};
  socket.on("message", (data) => {
    const message: ServerMessage = JSON.parse(String(data));
    if (message.type !== "Ping") messages.push(message);
    wake();
  });
  await new Promise((resolve) => socket.once("open", resolve));
  const send = (message: Record<string, unknown>) => socket.send(JSON.stringify(message));
  send({ type: "Connect", sessionId, connectionCount: 0, lastCloseReason: "InitialConnect", clientTs: 0 });
  const next = async (type: string): Promise<ServerMessage> => {
    for (;;) {
      const index = messages.findIndex((message) => message.type === type);
      const [found] = index < 0 ? [] : messages.splice(index, 1);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { send, next, closed: new Promise<number>((resolve) => socket.once("close", resolve)) };
}

const add = (queryId: number, udfPath: string, args: Record<string, unknown> = {}) => ({
  type: "Add",
  queryId,
  udfPath,
  args: [args],
});
const modify = (baseVersion: number, modifications: unknown[]) => ({
  type: "ModifyQuerySet",
  baseVersion,
  newVersion: baseVersion + 1,
  modifications,
});
const ticks = (ts: string) => Buffer.from(ts, "base64").readBigUInt64LE();

beforeEach(clear);

describe("the sync protocol", () => {
  test("each Transition starts where the one before ended, and timestamps only grow", async () => {
    const { send, next } = await openSocket();
    send(modify(0, [add(0, "documents:list")]));
    const first = await next("Transition");
    expect(first.startVersion).toEqual({ querySet: 0, identity: 0, ts: ZERO_TS });
    expect(first.modifications).toMatchObject([
      { type: "QueryUpdated", queryId: 0, value: [], journal: null },
    ]);
    await wire().mutation("documents:insert", { value: {} });
    const second = await next("Transition");
    expect(second.startVersion).toEqual(first.endVersion);
    expect(ticks(second.endVersion.ts)).toBeGreaterThan(ticks(first.endVersion.ts));
  });

  test("a change of the query set is answered, an empty one and a removal too", async () => {
    const { send, next } = await openSocket();
    send(modify(0, []));
    expect((await next("Transition")).endVersion.querySet).toBe(1);
    send(modify(1, [add(5, "documents:list")]));
    expect((await next("Transition")).endVersion.querySet).toBe(2);
    send(modify(2, [{ type: "Remove", queryId: 5 }]));
    const removed = await next("Transition");
    expect(removed.endVersion.querySet).toBe(3);
    expect(removed.modifications).toEqual([{ type: "QueryRemoved", queryId: 5 }]);
  });

  test("a query set of another version ends the connection for good", async () => {
    const { send, next, closed } = await openSocket();
    send(modify(7, []));
    expect((await next("FatalError")).error).toEqual(expect.any(String));
    await closed;
  });

  test("a mutation's response comes before the Transition that shows it", async () => {
    const { send, next } = await openSocket();
    send(modify(0, [add(0, "documents:list")]));
    await next("Transition");
    const args = [{ value: { a: 1 } }];
    send({ type: "Mutation", requestId: 0, udfPath: "documents:insert", args });
    const response = await next("MutationResponse");
    expect(response).toMatchObject({ requestId: 0, success: true, result: expect.any(String) });
    const shown = await next("Transition");
    expect(ticks(shown.endVersion.ts)).toBeGreaterThanOrEqual(ticks(response.ts));
    expect(shown.modifications).toMatchObject([{ value: [{ a: 1 }] }]);
  });

  test("a mutation that changes nothing is followed by a Transition too", async () => {
    const { send, next } = await openSocket();
    send({ type: "Mutation", requestId: 0, udfPath: "testing:nothing", args: [{}] });
    await next("MutationResponse");
    await next("Transition");
  });

  test("a mutation that is sent again by the same session has run once", async () => {
    const sessionId = randomUUID();
    const mutation = {
      type: "Mutation",
      requestId: 3,
      udfPath: "documents:insert",
      args: [{ value: { once: true } }],
    };
    const results = [];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { send, next } = await openSocket(sessionId);
      send(mutation);
      results.push((await next("MutationResponse")).result);
    }
    expect(results[0]).toBe(results[1]);
    expect(await wire().query("documents:list")).toHaveLength(1);
  });

  test("a bad token is an AuthError that leaves the identity where it was", async () => {
    const { send, next, closed } = await openSocket();
    send({ type: "Authenticate", baseVersion: 0, tokenType: "User", value: "not-a-token" });
    expect(await next("AuthError")).toMatchObject({ baseVersion: 0, authUpdateAttempted: true });
    await closed;
  });

  test("the admin key makes internal functions visible", async () => {
    const { send, next } = await openSocket();
    send({ type: "Authenticate", baseVersion: 0, tokenType: "Admin", value: inject("deployment").adminKey });
    expect((await next("Transition")).endVersion.identity).toBe(1);
    send(modify(0, [add(0, "testing:unfinishedJobs"), add(1, "missing:function")]));
    const { modifications } = await next("Transition");
    expect(modifications).toMatchObject([
      { type: "QueryUpdated", queryId: 0, value: 0 },
      { type: "QueryFailed", queryId: 1, errorMessage: expect.stringContaining("missing:function") },
    ]);
  });

  test("a page's journal keeps its end for the next connection", async () => {
    const values = Array.from({ length: 4 }, (_, n) => ({ n }));
    const [first] = await wire().mutation<string[]>("documents:insertMany", { values });
    const query = add(0, "pages:list", { paginationOpts: { cursor: null, numItems: 2 } });
    const before = await openSocket();
    before.send(modify(0, [query]));
    const journal = (await before.next("Transition")).modifications[0]?.journal;
    expect(journal).toEqual(expect.any(String));
    await wire().mutation("documents:remove", { id: first });
    const after = await openSocket();
    after.send(modify(0, [{ ...query, journal }]));
    const [result] = (await after.next("Transition")).modifications;
    expect(result).toMatchObject({ value: { page: [{ n: 1 }] } });
  });
});
