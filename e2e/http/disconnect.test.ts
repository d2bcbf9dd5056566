import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { Script } from "../../local/claude/script.ts";
import { scriptHeader } from "../../local/claude/script.ts";
import { createKey, journal, post, question, rowsOf, settledRow, shared, type TestKey } from "./gateway.ts";

const isFull = process.env.GATEWAY_TEST_FULL === "1";
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

  it("at a random byte, by FIN or RST, leaves one settled row and no open call to Claude", async () => {
    const key = await createKey();
    const body = question({ stream: true });
    const leavers = Array.from({ length: isFull ? 500 : 40 }, (_, n) =>
      leaveAfter(Math.floor(Math.random() * 6_000), { key, body, isReset: n % 2 === 0 }),
    );
    const started = (await Promise.all(leavers)).length;
    const rows = await settledRows(key, started);
    expect(rows.filter((row) => row.status === "running" || row.reservedNanoUsd !== 0)).toEqual([]);
    expect(await journal(promptOf(body), { state: "running", atLeast: 0, waitMs: 0 })).toHaveLength(0);
  }, 120_000);
});

/** All rows of a key once none runs. Clients that left before their request was read have none. */
async function settledRows(key: TestKey, atMost: number) {
  for (let tries = 0; tries < 100; tries++) {
    const rows = await rowsOf(key);
    if (rows.length > 0 && rows.every((row) => row.status !== "running")) {
      expect(rows.length).toBeLessThanOrEqual(atMost);
      return rows;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("some rows were never settled");
}

interface Leaver {
  key: TestKey;
  body: object;
  isReset: boolean;
}

/** Reads so many bytes of a slow answer over a socket of its own, then goes away. */
function leaveAfter(bytes: number, { key, body, isReset }: Leaver): Promise<void> {
  const { hostname, port } = new URL(shared.siteUrl);
  const text = JSON.stringify(body);
  const script = scriptHeader({ text: "word ".repeat(100), deltas: 40, deltaMs: 5 });
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
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${head.join("\r\n")}\r\n\r\n${text}`);
    });
    const leave = () => {
      if (isReset) socket.resetAndDestroy();
      else socket.destroy();
    };
    socket.on("data", (data) => {
      received += data.length;
      if (received >= bytes) leave();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.setTimeout(3_000, leave);
  });
}
