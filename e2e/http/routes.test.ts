import { request as httpRequest } from "node:http";
import { describe, expect, it } from "vitest";
import { createKey, journal, MODEL, post, question, rowsOf, shared } from "./gateway.ts";
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

  it("no other spelling of a path opens it, more than 450 of them", async () => {
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
    expect(tried).toBeGreaterThanOrEqual(450);
  }, 120_000);
});

describe("two headers, one credential", () => {
  it.each<[string, Record<string, string>]>([
    ["Basic", { authorization: "Basic dXNlcjpwYXNz" }],
    ["a tab inside", { authorization: "Bearer a\tb" }],
    ["two tokens", { authorization: "Bearer a b" }],
    ["64 kB", { "x-api-key": "x".repeat(15_000) }],
    ["an empty token", { authorization: "Bearer " }],
    ["a Convex admin key", { authorization: "Convex admin|key" }],
  ])("%s is refused with 401", async (_name, headers) => {
    const answer = await raw("POST", "/v1/messages", headers);
    expect([401, 431]).toContain(answer.status);
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
