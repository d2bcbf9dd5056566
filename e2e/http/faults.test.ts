import { describe, expect, it } from "vitest";
import type { Script } from "../../local/claude/script.ts";
import { addedMb } from "./deploymentProcess.ts";
import { createKey, errorOf, journal, post, question, rowsOf, settledRow } from "./gateway.ts";
import { askClaudeDirectly, lastEvent, withoutIds } from "./streams.ts";

const isFull = process.env.GATEWAY_TEST_FULL === "1";
/** How often each fault is tried. */
const TIMES = isFull ? 100 : 2;
const HUGE_EVENT_MB = isFull ? 50 : 9;
/** The gateway's own repetition is another test's business. */
const headers = { "x-stainless-retry-count": "1" };
const NO_SECRETS = /ccg_live_|sk-ant-\w|simulated-?\d?"|127\.0\.0\.1|localhost:\d|node:|at .+\.ts:\d/;
const promptOf = (body: { messages: { content: string }[] }): string => body.messages[0]?.content ?? "";

const beforeFirstByte: [string, Script, number, string][] = [
  ...[400, 403, 404, 413, 429, 500, 502, 503, 504, 529].map((status): [string, Script, number, string] => [
    `${status}`,
    { status },
    status,
    "",
  ]),
  [
    "429 with retry-after as a date",
    { status: 429, error: { headers: { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" } } },
    429,
    "",
  ],
  ["401", { status: 401 }, 500, "api_error"],
  ["a redirect", { status: 302, error: { headers: { location: "http://127.0.0.1:9/" } } }, 500, "api_error"],
  ["a reset connection", { resetBeforeHead: true }, 529, "overloaded_error"],
  [
    "an HTML body",
    { status: 502, error: { body: "<html>bad gateway</html>" }, headers: { "content-type": "text/html" } },
    502,
    "",
  ],
  ["garbage instead of JSON", { status: 500, error: { body: "{broken" } }, 500, ""],
];

describe("a fault of Claude's before the first byte", () => {
  it.each(beforeFirstByte)(
    "%s reaches the client once, honestly, and costs what is known",
    async (_name, script, status, type) => {
      await times(async () => {
        const key = await createKey();
        const response = await post(question({ stream: true }), { key: key.secret, script, headers });
        expect(response.status).toBe(status);
        expect(response.headers.get("x-gateway-request-id")).toMatch(/^req_gw_/);
        const text = await response.text();
        expect(text).not.toMatch(NO_SECRETS);
        if (type !== "") expect((JSON.parse(text) as { error: { type: string } }).error.type).toBe(type);
        expect(await settledRow(key)).toMatchObject({ status: "failed", reservedNanoUsd: 0 });
      });
    },
    600_000,
  );
});

const afterFirstByte: [string, Script][] = [
  ["an error event", { errorAfterDeltas: 3 }],
  ["a clean end without message_stop", { cutAfterDeltas: 3, cut: "end" }],
  ["a reset", { cutAfterDeltas: 3, cut: "reset" }],
  ["half an event", { cutAfterDeltas: 3, cut: "halfEvent" }],
  [
    "garbage JSON and a missing end",
    { cutAfterDeltas: 3, cut: "end", extraBytes: "event: message_delta\ndata: {broken\n\n" },
  ],
];

describe("a fault of Claude's after the first byte", () => {
  it.each(afterFirstByte)(
    "%s ends in exactly one error event after a prefix of Claude's bytes",
    async (_name, script) => {
      await times(async () => {
        const key = await createKey();
        const body = question({ stream: true });
        const paced = { deltas: 12, ...script };
        const text = await (await post(body, { key: key.secret, script: paced })).text();
        expect(text.match(/^event: error$/gm)).toHaveLength(1);
        expect(lastEvent(text, "error").error?.message).not.toMatch(NO_SECRETS);
        const prefix = withoutIds(text.slice(0, text.indexOf("event: error")));
        const { extraBytes } = script;
        const direct = await askClaudeDirectly(body, { deltas: 12, ...(extraBytes && { extraBytes }) });
        expect(withoutIds(direct).startsWith(prefix)).toBe(true);
        const row = await settledRow(key);
        expect(row).toMatchObject({ status: "failed", usageSource: "estimated", reservedNanoUsd: 0 });
        expect(row.tokens?.outputTokens).toBeGreaterThan(3);
      });
    },
    600_000,
  );

  it(`an event of ${HUGE_EVENT_MB} MB ends the stream instead of filling the memory`, async () => {
    const key = await createKey();
    const script = { deltas: 2, oversizedEventBytes: HUGE_EVENT_MB * 1_000_000 };
    let text = "";
    const added = await addedMb(async () => {
      text = await (await post(question({ stream: true }), { key: key.secret, script })).text();
    });
    expect(text.length).toBeLessThan(1_000_000);
    expect(lastEvent(text, "error").error?.type).toBe("api_error");
    expect(await settledRow(key)).toMatchObject({ status: "failed", usageSource: "estimated" });
    expect(added).toBeLessThan(64);
  }, 60_000);

  it.runIf(isFull)(
    "a million pings are ended at 19 MiB, without filling the memory",
    async () => {
      const key = await createKey();
      const script = { deltas: 20, pings: 50_000 };
      let text = "";
      const added = await addedMb(async () => {
        text = await (await post(question({ stream: true }), { key: key.secret, script })).text();
      });
      expect(text.match(/^event: ping$/gm)?.length).toBeGreaterThan(400_000);
      expect(lastEvent(text, "error").error?.message).toContain("19 MiB");
      expect(await settledRow(key)).toMatchObject({ status: "truncated", usageSource: "estimated" });
      expect(added).toBeLessThan(64);
    },
    120_000,
  );

  it("a flood of pings and unknown events passes, and the stream ends as it should", async () => {
    const key = await createKey();
    const script = { deltas: 20, pings: isFull ? 5_000 : 300, unknownEvents: isFull ? 500 : 50 };
    const text = await (await post(question({ stream: true }), { key: key.secret, script })).text();
    expect(text).toContain("event: message_stop");
    expect(await settledRow(key)).toMatchObject({ status: "succeeded" });
  }, 120_000);
});

describe("an answer as a proxy may change it", () => {
  it.each<[string, Script]>([
    ["compressed", { gzip: true }],
    ["after three informational heads", { informational: 3 }],
    ["both, in pieces", { gzip: true, informational: 1, text: "wörter 😀 ", repeat: 5_000 }],
  ])(
    "%s reaches the client as Claude meant it, streamed or whole",
    async (_name, script) => {
      await times(async () => {
        for (const stream of [true, false]) {
          const key = await createKey();
          const body = question({ stream, max_tokens: 100_000 });
          const response = await post(body, { key: key.secret, script });
          const direct = await askClaudeDirectly(body, script);
          expect(withoutIds((await response.text()).replace(/: request .+\n\n$/, ""))).toBe(
            withoutIds(direct),
          );
          expect(await settledRow(key)).toMatchObject({ status: "succeeded", usageSource: "reported" });
        }
      });
    },
    600_000,
  );
});

describe("an aborted stream", () => {
  const ABORTS = isFull ? 500 : 30;
  it(`is billed for at least what was delivered and at most what was reserved (${ABORTS} times)`, async () => {
    const key = await createKey({ monthlyBudgetNanoUsd: 1_000_000_000_000 });
    const bodies = Array.from({ length: ABORTS }, () => question({ stream: true, max_tokens: 120 }));
    for (let start = 0; start < bodies.length; start += 10) {
      await Promise.all(
        bodies.slice(start, start + 10).map(async (body) => {
          const script = {
            text: "wörter 😀 ".repeat(80),
            deltas: 40,
            cutAfterDeltas: Math.floor(Math.random() * 39),
            cut: "end" as const,
          };
          await (await post(body, { key: key.secret, script })).text();
        }),
      );
    }
    const rows = new Map((await rowsOf(key)).map((row) => [row.anthropicRequestId, row]));
    for (const body of bodies) {
      const [entry] = await journal(promptOf(body));
      const outputTokens = rows.get(entry?.requestId)?.tokens?.outputTokens ?? -1;
      expect(outputTokens).toBeGreaterThanOrEqual(Math.min(120, entry?.outputTokensSent ?? 0));
      expect(outputTokens).toBeGreaterThanOrEqual(1);
      expect(outputTokens).toBeLessThanOrEqual(120);
    }
  }, 600_000);
});

async function times(work: () => Promise<void>): Promise<void> {
  for (let done = 0; done < TIMES; done += 4) {
    await Promise.all(Array.from({ length: Math.min(4, TIMES - done) }, work));
  }
}

it("an error's envelope has a type, a message and the id of its head", async () => {
  const { secret } = await createKey();
  const response = await post(question(), { key: secret, script: { resetBeforeHead: true }, headers });
  const body = await errorOf(response);
  expect(body).toMatchObject({
    type: "error",
    error: { type: "overloaded_error", message: expect.any(String) },
  });
  expect(body.request_id).toBe(response.headers.get("request-id"));
});
