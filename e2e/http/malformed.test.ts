import { describe, expect, it } from "vitest";
import { createGatewayKey } from "../../convex/model/gatewayKey.ts";
import { createKey, errorOf, journal, MODEL, post, question, rowsOf, shared } from "./gateway.ts";
import { rawAnswer } from "./rawAnswer.ts";
import { uniquePrompt } from "./streams.ts";

const POST = "POST /v1/messages HTTP/1.1";
const key = await createKey();
const marker = uniquePrompt();
const messages = [{ role: "user", content: marker }];
const valid = { model: MODEL, max_tokens: 10, messages };

/** Every refusal has Anthropic's shape, an id, a sentence, and tells SDKs not to try again. */
async function expectRefusal(
  response: Response,
  status: number,
  type: string,
  sentence: RegExp,
): Promise<void> {
  const body = await errorOf(response);
  expect({ status: response.status, ...body }).toEqual({
    status,
    type: "error",
    error: { type, message: expect.stringMatching(sentence) },
    request_id: response.headers.get("request-id"),
  });
  expect(response.headers.get("request-id")).toMatch(/^req_gw_/);
  expect(response.headers.get("x-should-retry")).toBe("false");
}

describe("a malformed body is refused with 400", () => {
  const deep = `{"model":"${MODEL}","max_tokens":1,"messages":${"[".repeat(5_000)}${"]".repeat(5_000)}}`;
  it.each<[string, string | Uint8Array, RegExp]>([
    ["nothing", "", /empty/],
    ["half a JSON", '{"model":', /not valid JSON/],
    ["no JSON", "hello", /not valid JSON/],
    ["invalid UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), /UTF-8/],
    ["an array", "[]", /expected object/],
    ["null", "null", /expected object/],
    ["1e999 as max_tokens", `{"model":"x","max_tokens":1e999,"messages":[{"role":"user"}]}`, /max_tokens/],
    ["__proto__ instead of fields", '{"__proto__":{"model":"x","max_tokens":1,"messages":[]}}', /model/],
    ["deep nesting", deep, /deeper than 200/],
    ["deep nesting in a large body", deep.replace("[", `["${"x".repeat(5_000_000)}",`), /deeper than 200/],
    ["a million values", JSON.stringify({ ...valid, extra: Array(1_000_000).fill([]) }), /200000 values/],
  ])("%s", async (_name, body, sentence) => {
    await expectRefusal(await post(body, { key: key.secret }), 400, "invalid_request_error", sentence);
  });

  it.each<[string, object, RegExp]>([
    ["a number as model", { ...valid, model: 5 }, /^model: /],
    ["no model", { max_tokens: 1, messages }, /^model: /],
    ["no max_tokens", { model: MODEL, messages }, /^max_tokens: /],
    ["a negative max_tokens", { ...valid, max_tokens: -1 }, /^max_tokens: /],
    ["half a token", { ...valid, max_tokens: 1.5 }, /^max_tokens: /],
    ["text as messages", { ...valid, messages: marker }, /^messages: /],
    ["no messages", { ...valid, messages: [] }, /^messages: /],
    ["a message without a role", { ...valid, messages: [{ content: marker }] }, /^messages\.0\.role: /],
    ["text as stream", { ...valid, stream: "yes" }, /^stream: /],
    ["text as tools", { ...valid, tools: "none" }, /^tools: /],
  ])("%s", async (_name, body, sentence) => {
    await expectRefusal(await post(body, { key: key.secret }), 400, "invalid_request_error", sentence);
  });
});

describe("a body that cannot be taken", () => {
  it("of 33 MB is refused with 413 that names Convex's limit", async () => {
    const body = new Uint8Array(33 * 1024 * 1024).fill(120);
    const response = await post(body, { key: key.secret });
    await expectRefusal(response, 413, "request_too_large", /20 MiB.*Convex/);
  });

  it("over 256 KiB is not waited for when nobody knows the key", async () => {
    const unknown = createGatewayKey(() => crypto.getRandomValues(new Uint8Array(64)));
    const head = [POST, `x-api-key: ${unknown}`, "content-length: 5000000"];
    expect(await rawAnswer(head, "x".repeat(300_000))).toMatch(/^HTTP\/1\.1 401 /);
  });

  it("that is compressed is refused with 415", async () => {
    const response = await post(valid, { key: key.secret, headers: { "content-encoding": "gzip" } });
    await expectRefusal(response, 415, "invalid_request_error", /uncompressed/);
  });

  it("that names another caller's file is refused with 404", async () => {
    const content = [{ type: "document", source: { type: "file", file_id: "file_011" } }];
    const response = await post({ ...valid, messages: [{ role: "user", content }] }, { key: key.secret });
    await expectRefusal(response, 404, "not_found_error", /file_011/);
  });
});

describe("a credential that is no good is refused with 401", () => {
  const other = key.secret.slice(0, 20) + (key.secret[20] === "a" ? "b" : "a") + key.secret.slice(21);
  it.each<[string, Record<string, string>, string, RegExp]>([
    ["none", {}, "", /No credential/],
    ["garbage", { "x-api-key": "hello" }, "", /not a gateway key/],
    ["an Anthropic key", { "x-api-key": "sk-ant-api03-xyz" }, "", /Anthropic/],
    ["a mistyped key", { "x-api-key": other }, "", /mistyped/],
    ["Basic", { authorization: "Basic abc" }, "", /not a Bearer token/],
    ["an empty Bearer", { authorization: "Bearer " }, "", /Bearer|No credential/],
    [
      "two that differ",
      { "x-api-key": key.secret, authorization: `Bearer ${other}` },
      "",
      /different credentials/,
    ],
    ["a key in the URL", { "x-api-key": key.secret }, `?key=${key.secret}`, /URL/],
    ["any secret in the URL", { "x-api-key": key.secret }, "?api_key=abc", /URL/],
  ])("%s", async (_name, headers, query, sentence) => {
    const response = await post(valid, { headers, path: `/v1/messages${query}` });
    await expectRefusal(response, 401, "authentication_error", sentence);
  });

  it("before its body has arrived", async () => {
    const answer = await rawAnswer([POST, `x-api-key: ${other}`, "content-length: 1000000"]);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe("an unknown route", () => {
  it.each<[string, string, number, string]>([
    ["GET", "/", 404, "not_found_error"],
    ["GET", "/nope", 404, "not_found_error"],
    ["PUT", "/v1/messages/batches", 405, "invalid_request_error"],
    ["GET", "/v1/skills", 403, "permission_error"],
    ["GET", "/v1/organizations/me", 403, "permission_error"],
    ["POST", "/v1/complete", 403, "permission_error"],
    ["GET", "/v1/messages", 405, "invalid_request_error"],
    ["DELETE", "/v1/models/x", 405, "invalid_request_error"],
    ["GET", "/claude", 405, "invalid_request_error"],
    ["POST", "/v1//messages", 403, "permission_error"],
    ["POST", "/v1/messages/", 403, "permission_error"],
    ["GET", "/v1/models/..%2Fmessages", 404, "not_found_error"],
  ])("%s %s is refused in Anthropic's shape", async (method, path, status, type) => {
    const response = await fetch(shared.siteUrl + path, { method, headers: { "x-api-key": key.secret } });
    await expectRefusal(response, status, type, /takes|serves|offers/);
  });

  it("as a model without a price is refused with 403 that says how to price it", async () => {
    const response = await post({ ...valid, model: "claude-unheard-of" }, { key: key.secret });
    await expectRefusal(response, 403, "permission_error", /admin:setPrice/);
  });
});

it("none of it reached Claude or the usage log", async () => {
  await post(question(), { key: key.secret });
  expect(await journal(marker, { atLeast: 0, waitMs: 0 })).toHaveLength(0);
  expect(await rowsOf(key)).toHaveLength(1);
});
