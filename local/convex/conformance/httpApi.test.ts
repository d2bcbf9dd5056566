import { beforeEach, describe, expect, inject, test } from "vitest";
import { clear, wire } from "./target.ts";

beforeEach(clear);

const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(`${inject("deployment").cloudUrl}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
};

describe("the HTTP API", () => {
  test("queries, mutations and actions answer status and value", async () => {
    const inserted = await post("/api/mutation", {
      path: "documents:insert",
      args: { value: { a: 1 } },
      format: "json",
    });
    expect(inserted).toMatchObject({ status: 200, body: { status: "success", value: expect.any(String) } });
    const listed = await post("/api/query", { path: "documents:list", args: {}, format: "json" });
    expect(listed.body).toMatchObject({ status: "success", value: [{ a: 1 }] });
    const acted = await post("/api/action", { path: "calls:inner", args: [{ n: 4 }] });
    expect(acted.body).toMatchObject({ status: "success", value: 8 });
  });

  test("format json writes integers and bytes as text", async () => {
    const value = { int: { $integer: "KgAAAAAAAAA=" }, bytes: { $bytes: "AQI=" } };
    const encoded = await post("/api/query", {
      path: "calls:roundTrip",
      args: { value },
      format: "convex_encoded_json",
    });
    expect(encoded.body.value).toEqual(value);
    const clean = await post("/api/query", { path: "calls:roundTrip", args: { value }, format: "json" });
    expect(clean.body.value).toEqual({ int: "42", bytes: "AQI=" });
  });

  test("a query may be asked with GET", async () => {
    const url = `${inject("deployment").cloudUrl}/api/query?path=calls:roundTrip&args=${encodeURIComponent('{"value":[1]}')}&format=json`;
    expect(await (await fetch(url)).json()).toMatchObject({ status: "success", value: [1] });
  });

  test("run/{module}/{function} runs any public function", async () => {
    expect((await post("/api/run/calls/inner", { args: { n: 3 }, format: "json" })).body).toMatchObject({
      value: 6,
    });
  });

  test("an error is an answer, with its data when there is one", async () => {
    const failed = await post("/api/query", {
      path: "errors:inQuery",
      args: { data: { code: 1 } },
      format: "json",
    });
    expect(failed).toMatchObject({ status: 200, body: { status: "error", errorData: { code: 1 } } });
    const plain = await post("/api/query", { path: "errors:plain", args: {}, format: "json" });
    expect(plain.body).toMatchObject({
      status: "error",
      errorMessage: expect.stringContaining("an ordinary error"),
    });
    expect(plain.body).not.toHaveProperty("errorData");
  });

  test("console output comes along", async () => {
    const { body } = await post("/api/query", {
      path: "logging:speak",
      args: { text: "aloud" },
      format: "json",
    });
    expect(body.logLines).toEqual(["[LOG] 'said' { text: 'aloud' }", "[WARN] 'aloud'"]);
  });

  test("bad credentials are refused, on admin routes missing ones too", async () => {
    const query = { path: "documents:list", args: {} };
    expect((await post("/api/query", query, { authorization: "Bearer not-a-jwt" })).status).toBe(401);
    expect((await post("/api/query", query, { authorization: "Convex wrong|key" })).status).toBe(401);
    expect((await post("/api/function", query)).status).toBeGreaterThanOrEqual(400);
  });

  test("the admin key calls internal functions, others do not find them", async () => {
    const { adminKey } = inject("deployment");
    const call = { path: "testing:unfinishedJobs", args: {}, format: "json" };
    expect((await post("/api/function", call, { authorization: `Convex ${adminKey}` })).body).toMatchObject({
      value: 0,
    });
    expect((await post("/api/query", call)).body).toMatchObject({
      status: "error",
      errorMessage: expect.stringContaining("Could not find public function"),
    });
  });

  test("browsers of any origin may call it", async () => {
    const { headers } = await post(
      "/api/query",
      { path: "documents:list", args: {} },
      { origin: "https://app.test" },
    );
    expect(headers.get("access-control-allow-origin")).toBe("https://app.test");
  });

  test("consistent queries see one snapshot", async () => {
    await wire().mutation("documents:insert", { value: { a: 1 } });
    const { body } = await post("/api/query_batch", {
      queries: [
        { path: "documents:list", args: {}, format: "json" },
        { path: "metadata:countThings", args: {}, format: "json" },
      ],
    });
    expect(body.results).toMatchObject([{ value: [{ a: 1 }] }, { value: 1 }]);
  });
});
