import fc from "fast-check";
import { expect, it } from "vitest";
import { createKey, errorOf, journal, MODEL, post, shared } from "./gateway.ts";
import { uniquePrompt } from "./streams.ts";

const runs = process.env.GATEWAY_TEST_FULL === "1" ? 10_000 : 400;

it("no body makes the gateway fail, and none that is no JSON object reaches Claude", async () => {
  const key = await createKey();
  const marker = uniquePrompt();
  const valid = JSON.stringify({
    model: MODEL,
    max_tokens: 5,
    stream: true,
    messages: [{ role: "user", content: marker }],
  });
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 6 });
  const spliced = fc
    .tuple(fc.nat({ max: valid.length }), fc.nat({ max: 12 }), bytes)
    .map(([at, dropped, inserted]) =>
      Buffer.concat([Buffer.from(valid.slice(0, at)), inserted, Buffer.from(valid.slice(at + dropped))]),
    );
  const replaced = fc
    .tuple(
      fc.constantFrom(
        "model",
        "max_tokens",
        "messages",
        "stream",
        "system",
        "tools",
        "fallbacks",
        "container",
      ),
      fc.jsonValue(),
    )
    .map(([field, value]) => Buffer.from(JSON.stringify({ ...JSON.parse(valid), [field]: value })));
  await fc.assert(
    fc.asyncProperty(fc.oneof(spliced, replaced), async (body) => {
      const response = await post(body, { key: key.secret });
      const isObject = isJsonObject(body);
      expect(response.status).toBeLessThan(500);
      if (response.status === 200) {
        expect(isObject).toBe(true);
        await response.body?.cancel();
      } else {
        expect((await errorOf(response)).type).toBe("error");
      }
    }),
    { numRuns: runs },
  );
  for (const entry of await journal(marker, { atLeast: 0, waitMs: 0 })) {
    expect(isJsonObject(Buffer.from(entry.body ?? ""))).toBe(true);
  }
}, 300_000);

it("no method, path or header makes the gateway fail or fall silent", async () => {
  const key = await createKey();
  const segment = fc.oneof(
    fc.constantFrom(
      "v1",
      "messages",
      "batches",
      "files",
      "models",
      "gateway",
      "streams",
      "claude",
      "..",
      "%2e",
      "",
      "x",
    ),
    fc.string({ unit: fc.constantFrom(..."abc/%;?#.~'\"\\ é"), maxLength: 8 }),
  );
  const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join("/")}`);
  const name = fc.constantFrom(
    "accept",
    "anthropic-beta",
    "x-gateway-durable",
    "last-event-id",
    "content-encoding",
    "x-a",
  );
  const value = fc.string({ unit: fc.constantFrom(..."abc01 ,;=/\t\"'{}"), maxLength: 40 });
  const headers = fc.dictionary(name, value, { maxKeys: 4 });
  const method = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD");
  await fc.assert(
    fc.asyncProperty(
      method,
      path,
      headers,
      fc.string({ maxLength: 30 }),
      async (verb, target, extra, body) => {
        const response = await fetch(new URL(shared.siteUrl + target.replace(/#/g, "%23")), {
          method: verb,
          headers: { ...extra, "x-api-key": key.secret },
          redirect: "manual",
          ...(verb !== "GET" && verb !== "HEAD" && { body }),
        });
        expect([verb, target, response.status < 500]).toEqual([verb, target, true]);
        const text = await response.text();
        if (response.status >= 400 && verb !== "HEAD")
          expect(JSON.parse(text)).toMatchObject({ type: "error" });
      },
    ),
    { numRuns: runs },
  );
}, 300_000);

function isJsonObject(body: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
