import { request as httpRequest } from "node:http";
import { describe, expect, it } from "vitest";
import { createKey, journal, MODEL, post, question, rowsOf, shared } from "./gateway.ts";
import { rawAnswer, statusOf } from "./rawAnswer.ts";
import { uniquePrompt } from "./streams.ts";

/** Every route of the gateway and what it asks for. A new one has to be added here on purpose. */
const ROUTES: [method: string, path: string, access: "key" | "session" | "signature" | "open"][] = [
  ["POST", "/claude", "key"],
  ["POST", "/v1/messages", "key"],
  ["POST", "/v1/messages/count_tokens", "key"],
  ["POST", "/v1/messages/batches", "key"],
  ["GET", "/v1/messages/batches", "key"],
  ["GET", "/v1/messages/batches/x", "key"],
  ["DELETE", "/v1/messages/batches/x", "key"],
  ["POST", "/v1/messages/batches/x/cancel", "key"],
  ["GET", "/v1/messages/batches/x/results", "key"],
  ["POST", "/v1/chat/completions", "key"],
  ["POST", "/v1/files", "key"],
  ["GET", "/v1/files", "key"],
  ["GET", "/v1/files/x", "key"],
  ["DELETE", "/v1/files/x", "key"],
  ["GET", "/v1/files/x/content", "key"],
  ["GET", "/v1/models", "key"],
  ["GET", "/v1/models/x", "key"],
  ["GET", "/gateway/streams/x", "key"],
  ["POST", "/gateway/requests/x/stop", "key"],
  ["POST", "/gateway/jobs", "key"],
  ["GET", "/gateway/jobs/x", "key"],
  ["POST", "/chat", "session"],
  ["GET", "/openapi.json", "open"],
  ["GET", "/healthz", "open"],
];
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** A request over a socket of its own, because fetch tidies paths and hosts. */
function raw(
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(shared.siteUrl);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on("error", reject);
    request.end();
  });
}

describe("without a credential", () => {
  const protectedRoutes = ROUTES.filter(([, , access]) => access !== "open");

  it.each(protectedRoutes)(
    "%s %s (needs a %s) is refused with 401 before anything else",
    async (method, path) => {
      expect((await raw(method, path)).status).toBe(401);
    },
  );

  it("no other spelling of a path opens it, more than 500 of them", async () => {
    const spellings = (path: string) => [
      `/${path}`,
      `${path}/`,
      path.replace("/", "//"),
      path.replace(/\/([^/]+)$/, "//$1"),
      path.replace(/\/([^/]+)$/, "/./$1"),
      path.replace(/\/([^/]+)$/, "/x/../$1"),
      path.replace(/\/([^/]+)$/, "/%2e/$1"),
      path.replace(/\/([^/]+)$/, "%2f$1"),
      path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
      path.toUpperCase(),
      `${path};x=1`,
      `${path}.rsc`,
      `${path}%00`,
      `${path}%20`,
      `${path}?key=1`,
      `/http${path}`,
      `/_next/data${path}.json`,
      `/api${path}`,
      `${path}#`,
      `${path.replace(/\/([^/]+)$/, "\\\\$1")}`,
      `${path}/..%2f`,
      `http://elsewhere.example${path}`,
    ];
    const tricks: Record<string, string>[] = [
      {},
      { host: "admin.example" },
      { "x-forwarded-host": "localhost", "x-original-url": "/healthz" },
      { "x-middleware-subrequest": "middleware", "x-http-method-override": "GET" },
    ];
    let tried = 0;
    for (const [method, path] of protectedRoutes) {
      const answers = await Promise.all(
        spellings(path).map((spelling, index) => raw(method, spelling, tricks[index % tricks.length])),
      );
      tried += answers.length;
      expect(answers.filter(({ status }) => status < 400)).toEqual([]);
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    }
    for (const [, path] of protectedRoutes) {
      for (const method of METHODS) {
        const { status } = await raw(method, path);
        tried++;
        expect([401, 404, 405]).toContain(status);
      }
    }
    expect(tried).toBeGreaterThanOrEqual(500);
  }, 120_000);
});

describe("two headers, one credential", () => {
  const ask = async (...headers: string[]) =>
    statusOf(await rawAnswer(["GET /v1/models HTTP/1.1", ...headers]));

  it("takes it in every spelling that HTTP allows", async () => {
    const { secret } = await createKey();
    for (const header of [
      `X-API-KEY:${secret}`,
      `x-api-key: \t ${secret}\t`,
      `AUTHORIZATION: Bearer ${secret}`,
      `authorization: bEaReR\t${secret}`,
      `authorization: Bearer   ${secret}  `,
    ]) {
      expect([header, await ask(header)]).toEqual([header, 200]);
    }
    expect(await ask(`x-api-key: ${secret}`, `authorization: Bearer ${secret}`)).toBe(200);
  });

  it("refuses every other form before anything else, and never takes one of two", async () => {
    const [{ secret }, { secret: other }] = [await createKey(), await createKey()];
    const forms: string[][] = [
      ["authorization: Basic dXNlcjpwYXNz"],
      [`authorization: Basic ${Buffer.from(`${secret}:`).toString("base64")}`],
      [`authorization: ${secret}`],
      [`authorization: Token ${secret}`],
      [`authorization: Bearer=${secret}`],
      [`authorization: Bearer ${secret} ${secret}`],
      [`authorization: Bearer ${secret}, Bearer ${secret}`],
      [`authorization: Bearer ${secret},`],
      ["authorization: Bearer a\tb"],
      ["authorization: Bearer "],
      ["authorization: Convex admin|key"],
      [`x-api-key: ${secret},${other}`],
      [`x-api-key: Bearer ${secret}`],
      [`x-api-key: ${secret}\u00e9`],
      [`x-api-key: ${secret.replace("_", "\u00a0")}`],
      [`x-api-key: ${secret}`, `x-api-key: ${other}`],
      [`x-api-key: ${secret}`, `authorization: Bearer ${other}`],
      [`x-api-key: ${other}`, `Authorization: Bearer ${secret}`],
      [`x-api-key: ${secret}`, "authorization: Basic dXNlcjpwYXNz"],
      [`authorization: Bearer ${secret}`, `authorization: Bearer ${other}`],
      [`authorization: Bearer ${secret}`, "authorization: Basic dXNlcjpwYXNz"],
      [`X-Api-Key: ${secret}`, `x-api-key: ${secret}`],
      [`api-key: ${secret}`],
      [`x_api_key: ${secret}`],
      [`cookie: x-api-key=${secret}`],
    ];
    for (const form of forms) expect([form, await ask(...form)]).toEqual([form, 401]);
  });

  it("does not get through a NUL, a bare line break or 64 kB, and the next request is answered", async () => {
    const { secret } = await createKey();
    for (const [header, statuses] of [
      [`x-api-key: ${secret}\0`, [400]],
      [`x-api-key: \0${secret}`, [400]],
      [`authorization: Bearer\0${secret}`, [400]],
      [`x-api-key: x\nx-api-key: ${secret}`, [400, 401]],
      [`x-api-key: x\rx-api-key: ${secret}`, [400]],
      // 0: a connection that is closed while more is coming may be reset before the answer was read.
      [`x-api-key: ${"x".repeat(64 * 1024)}`, [0, 401, 431]],
      [`x-other: ${"x".repeat(64 * 1024)}\r\nx-api-key: ${secret}`, [0, 431]],
    ] as const) {
      expect([
        header.slice(0, 80),
        statuses,
        (statuses as readonly number[]).includes(await ask(header)),
      ]).toEqual([header.slice(0, 80), statuses, true]);
    }
    expect(await ask(`x-api-key: ${secret}`)).toBe(200);
  });

  it("is never taken from a URL, whatever the parameter and its spelling", async () => {
    const { secret } = await createKey();
    for (const query of [
      `key=${secret}`,
      `API_KEY=${secret}`,
      `x-api-key=${secret}`,
      `access_token=${secret}`,
      `other=${secret}`,
      `other=${secret.replace("ccg_live_", "CCG_LIVE_")}`,
      `%6bey=${secret}`,
      "token=anything",
    ]) {
      const answer = await rawAnswer([`GET /v1/models?${query} HTTP/1.1`, `x-api-key: ${secret}`]);
      expect([query, statusOf(answer)]).toEqual([query, 401]);
      expect(statusOf(await rawAnswer([`GET /v1/models?${query} HTTP/1.1`]))).toBe(401);
    }
  });
});

describe("the operator's key", () => {
  it("goes to the configured origin and nowhere else, whatever a request asks for", async () => {
    const key = await createKey();
    const marker = uniquePrompt();
    const elsewhere = "http://127.0.0.1:9/steal";
    const fields = {
      base_url: elsewhere,
      api_base: elsewhere,
      baseURL: elsewhere,
      custom_host: elsewhere,
      metadata: { user_id: "x", api_base: elsewhere },
      litellm_params: { api_base: elsewhere, nested: { custom_host: elsewhere } },
    };
    const headers = {
      "x-portkey-custom-host": elsewhere,
      "x-gateway-base-url": elsewhere,
      "x-forwarded-host": "127.0.0.1:9",
      "anthropic-base-url": elsewhere,
      host: "127.0.0.1:9",
    };
    const body = { model: MODEL, max_tokens: 20, messages: [{ role: "user", content: marker }], ...fields };
    const response = await post(body, {
      key: key.secret,
      headers,
      path: `/v1/messages?base_url=${elsewhere}`,
    });
    expect(response.status).toBe(200);
    expect(await journal(marker)).toHaveLength(1);
    for (const status of [301, 302, 303, 307, 308]) {
      const script = { status, error: { headers: { location: elsewhere } } };
      const redirected = await post(question(), { key: key.secret, script });
      expect([redirected.status, redirected.headers.get("location")]).toEqual([500, null]);
    }
    expect(JSON.stringify(await rowsOf(key))).not.toContain("steal");
  });
});
