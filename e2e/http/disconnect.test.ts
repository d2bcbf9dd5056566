import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { Script } from "../../local/claude/script.ts";
import { scriptHeader } from "../../local/claude/script.ts";
import { heldResources, isProcessVisible, openFiles } from "./deploymentProcess.ts";
import {
  createKey,
  journal,
  type LedgerRow,
  post,
  question,
  rowsOf,
  settledRow,
  shared,
  type TestKey,
} from "./gateway.ts";

const LEAVERS = process.env.GATEWAY_TEST_FULL === "1" ? 500 : 50;
const AT_ONCE = 20;
/** The test's own connections to the deployment end by themselves. */
const LEFT_BEHIND = { timeout: 15_000, interval: 250 };
const promptOf = (body: { messages: { content: string }[] }): string => body.messages[0]?.content ?? "";

describe("a client that leaves", () => {
  it.each<[string, boolean, Script]>([
    ["before Claude's head of a stream", true, { hang: true }],
    ["before Claude's head of a whole answer", false, { hang: true }],
    ["before the first delta", true, { hangAfterDeltas: 0 }],
    ["between deltas", true, { hangAfterDeltas: 3 }],
  ])("%s aborts Claude within a second and is settled at an estimate", async (_name, stream, script) => {
    const key = await createKey();
    const body = question({ stream });
    const leaving = new AbortController();
    const answer = post(body, { key: key.secret, script, signal: leaving.signal }).catch(() => null);
    await journal(promptOf(body));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const leftAt = Date.now();
    leaving.abort();
    await answer;
    const [entry] = await journal(promptOf(body), { state: "aborted" });
    expect((entry?.abortedAt ?? Number.POSITIVE_INFINITY) - leftAt).toBeLessThan(1_000);
    const row = await settledRow(key);
    expect(row).toMatchObject({ status: "canceled", usageSource: "estimated", reservedNanoUsd: 0 });
    expect(row.tokens?.outputTokens).toBeGreaterThanOrEqual(entry?.outputTokensSent ?? 0);
    expect(row.costNanoUsd).toBeGreaterThan(0);
  });

  it(`at a random byte, by FIN or RST, ${LEAVERS} times: Claude is aborted within a second, each has one settled row, and no socket or timer is left`, async () => {
    const key = await createKey();
    // Connections to Claude are kept for the next requests; so many at once as will be needed are there before.
    const others = await createKey();
    await Promise.all(
      Array.from({ length: 2 * AT_ONCE }, async () => {
        const script = { text: "word ".repeat(20), deltas: 10, deltaMs: 50 };
        await (await post(question({ stream: true }), { key: others.secret, script })).text();
      }),
    );
    const held = await heldResources();
    const files = isProcessVisible ? await openFiles() : 0;
    const marker = `leaver ${Math.random()}`;
    const leavers = Array.from({ length: LEAVERS }, (_, n) => {
      const body = question({ stream: true, metadata: { user_id: marker } });
      return { body, bytes: Math.floor(Math.random() * 6_000), isReset: n % 2 === 0 };
    });
    const lags: number[] = [];
    const work = async () => {
      for (let next = leavers.pop(); next; next = leavers.pop()) {
        const leftAt = await leaveAfter(next.bytes, { key, body: next.body, isReset: next.isReset });
        const [entry] = await journal(promptOf(next.body), { atLeast: 0, waitMs: 0 });
        if (!entry) continue; // It left before its request was read: no call, no row.
        const ended = await journal(promptOf(next.body), { state: "aborted", waitMs: 1_000 });
        if (ended[0]?.abortedAt) lags.push(ended[0].abortedAt - leftAt);
        else expect(await journal(promptOf(next.body), { state: "complete", waitMs: 0 })).toHaveLength(1);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(lags.length).toBeGreaterThan(LEAVERS / 2);
    expect(Math.max(...lags)).toBeLessThan(1_000);
    const rows = await settledRows(key);
    const calls = await journal(marker, { atLeast: 0, waitMs: 0 });
    expect(calls.filter((entry) => entry.state === "running")).toEqual([]);
    expect(rows.length).toBeGreaterThanOrEqual(calls.length);
    expect(rows.length).toBeLessThanOrEqual(LEAVERS);
    expect(new Set(rows.map((row) => row.requestId)).size).toBe(rows.length);
    expect(rows.filter((row) => row.reservedNanoUsd !== 0)).toEqual([]);
    await expect
      .poll(async () => {
        const now = Object.entries(await heldResources());
        return now.filter(([kind, count]) => count > (held[kind] ?? 0));
      }, LEFT_BEHIND)
      .toEqual([]);
    if (isProcessVisible) await expect.poll(openFiles, LEFT_BEHIND).toBeLessThanOrEqual(files);
  }, 300_000);
});

/** All rows of a key once none runs. Clients that left before their request was read have none. */
async function settledRows(key: TestKey): Promise<LedgerRow[]> {
  for (let tries = 0; tries < 150; tries++) {
    const rows = await rowsOf(key);
    if (rows.length > 0 && rows.every((row) => row.status !== "running")) return rows;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("some rows were never settled");
}

interface Leaver {
  key: TestKey;
  body: object;
  isReset: boolean;
}

/** Reads so many bytes of a slow answer over a socket of its own, then goes away; resolves with the instant. */
function leaveAfter(bytes: number, { key, body, isReset }: Leaver): Promise<number> {
  const { hostname, port } = new URL(shared.siteUrl);
  const text = JSON.stringify(body);
  const script = scriptHeader({ text: "word ".repeat(100), deltas: 60, deltaMs: 10 });
  const head = [
    "POST /v1/messages HTTP/1.1",
    `host: ${hostname}:${port}`,
    "anthropic-version: 2023-06-01",
    `x-api-key: ${key.secret}`,
    `x-simulated-script: ${script["x-simulated-script"]}`,
    `content-length: ${Buffer.byteLength(text)}`,
  ];
  return new Promise((resolve) => {
    let received = 0;
    let leftAt = 0;
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${head.join("\r\n")}\r\n\r\n${text}`);
    });
    const leave = () => {
      leftAt ||= Date.now();
      if (isReset) socket.resetAndDestroy();
      else socket.destroy();
    };
    socket.on("data", (data) => {
      received += data.length;
      if (received >= bytes) leave();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(leftAt || Date.now()));
    socket.setTimeout(3_000, leave);
  });
}
