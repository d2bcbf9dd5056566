import { describe, expect, it } from "vitest";
import { createKey, shared } from "./gateway.ts";
import { WEB_ORIGIN } from "./Stack.ts";

const { host, port } = new URL(WEB_ORIGIN);

/** Everything but the web app's own origin, in the shapes that careless comparisons accept. */
const FOREIGN_ORIGINS = [
  "null",
  "*",
  "",
  "http://localhost",
  `https://${host}`,
  `HTTP://${host}`,
  `http://LOCALHOST:${port}`,
  `http://${host}/`,
  `http://${host}.`,
  `http://${host}0`,
  `http://${host}.evil.example`,
  `http://evil.example:${port}`,
  `http://${host}@evil.example`,
  `http://evil.example#${host}`,
  `http://evil.example?${host}`,
  `http://evil.example/${WEB_ORIGIN}`,
  `http://evil-localhost:${port}`,
  `http://sub.localhost:${port}`,
  `http://localhost.:${port}`,
  `http://localhost:${Number(port) + 1}`,
  `http://localhost:0${port}`,
  `http://127.0.0.1:${port}`,
  `http://[::1]:${port}`,
  `http://0.0.0.0:${port}`,
  `http://2130706433:${port}`,
  `file://${host}`,
  `chrome-extension://${host}`,
  `${WEB_ORIGIN}, http://evil.example`,
  `${WEB_ORIGIN} http://evil.example`,
  `ws://${host}`,
];

const WEB_ROUTES = ["POST /chat", "POST /gateway/requests/req_none/stop"];
const OTHER_ROUTES = [
  "POST /claude",
  "POST /v1/messages",
  "POST /v1/messages/count_tokens",
  "GET /v1/models",
  "GET /v1/models/claude-sonnet-5-5",
  "GET /healthz",
  "GET /nowhere",
  "POST /v1/complete",
];

/** An answer of a route, and of the question that a browser asks before. */
async function ask(route: string, origin: string): Promise<{ answer: Response; preflight: Response }> {
  const [method = "", path = ""] = route.split(" ");
  const url = shared.siteUrl + path;
  const request = {
    "access-control-request-method": method,
    "access-control-request-headers": "authorization",
  };
  const [answer, preflight] = await Promise.all([
    fetch(url, { method, headers: { origin }, ...(method === "POST" ? { body: "{}" } : {}) }),
    fetch(url, { method: "OPTIONS", headers: { origin, ...request } }),
  ]);
  await Promise.all([answer.body?.cancel(), preflight.body?.cancel()]);
  return { answer, preflight };
}

function corsHeaders({ headers }: Response): string[] {
  return [...headers].flatMap(([name, value]) =>
    name.startsWith("access-control-") ? [`${name}: ${value}`] : [],
  );
}

describe("cross-origin requests", () => {
  it("from 30 foreign origins are allowed on no route, neither before nor after the preflight", async () => {
    expect(new Set(FOREIGN_ORIGINS).size).toBe(30);
    for (const route of [...WEB_ROUTES, ...OTHER_ROUTES]) {
      const allowed = await Promise.all(
        FOREIGN_ORIGINS.map(async (origin) => {
          const { answer, preflight } = await ask(route, origin);
          return [...corsHeaders(answer), ...corsHeaders(preflight)].map(
            (header) => `${route} ${origin} ${header}`,
          );
        }),
      );
      expect(allowed.flat()).toEqual([]);
    }
  });

  it("from the web app are allowed on its own routes, without credentials, and remembered for a day", async () => {
    for (const route of WEB_ROUTES) {
      const { answer, preflight } = await ask(route, WEB_ORIGIN);
      for (const { headers } of [answer, preflight]) {
        expect(headers.get("access-control-allow-origin")).toBe(WEB_ORIGIN);
        expect(headers.get("access-control-allow-credentials")).toBeNull();
        expect(headers.get("vary")).toMatch(/origin/i);
      }
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get("access-control-max-age")).toBe("86400");
    }
  });

  it("from the web app are allowed on no route that takes keys", async () => {
    for (const route of OTHER_ROUTES) {
      const { answer, preflight } = await ask(route, WEB_ORIGIN);
      expect([...corsHeaders(answer), ...corsHeaders(preflight)], route).toEqual([]);
    }
  });

  it("do not matter to servers, which send no origin", async () => {
    const { secret } = await createKey();
    const response = await fetch(`${shared.siteUrl}/v1/models`, { headers: { "x-api-key": secret } });
    expect(response.status).toBe(200);
  });
});
