import { describe, expect, inject, test } from "vitest";
import { behaviour, wire } from "./target.ts";

describe("HTTP actions", () => {
  behaviour("answer with status, headers and body", async (target) => {
    const response = await target.fetch("/hello");
    expect([response.status, response.headers.get("x-test"), await response.text()]).toEqual([
      200,
      "yes",
      "hello",
    ]);
  });

  behaviour(
    "answer without a body: a redirect, and cookies of which each has a line of its own",
    async (target) => {
      const redirect = await target.fetch("/redirect", { redirect: "manual" });
      expect([redirect.status, redirect.headers.get("location")]).toEqual([303, "https://app.test/there"]);
      const response = await target.fetch("/cookies");
      expect([response.status, response.headers.getSetCookie(), await response.text()]).toEqual([
        200,
        ["a=1", "b=2"],
        "",
      ]);
    },
  );

  behaviour("read a JSON body and call functions", async (target) => {
    const response = await target.fetch("/json", {
      method: "POST",
      body: JSON.stringify({ a: 1 }),
      headers: { "content-type": "application/json" },
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ received: { a: 1 }, stored: 1 });
  });

  behaviour("are found by exact path, then by the longest prefix", async (target) => {
    expect(await (await target.fetch("/prefix/a/b?q=1")).json()).toEqual({
      pathname: "/prefix/a/b",
      query: "1",
    });
    expect(await (await target.fetch("/prefix/longer/x")).text()).toBe("the longer prefix");
    expect(await (await target.fetch("/prefix/longer/exact")).text()).toBe("the exact path");
  });

  behaviour("that do not exist are 404", async (target) => {
    expect((await target.fetch("/missing")).status).toBe(404);
    expect((await target.fetch("/hello", { method: "POST" })).status).toBe(404);
  });

  behaviour("stream their answers", async (target) => {
    expect(await (await target.fetch("/stream")).text()).toBe("one two three");
  });

  behaviour("take and give bytes unchanged", async (target) => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
    const response = await target.fetch("/echo", { method: "POST", body: bytes });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test("HEAD is answered like GET, without a body", async () => {
    const response = await wire().fetch("/hello", { method: "HEAD" });
    expect([response.status, response.headers.get("x-test"), await response.text()]).toEqual([
      200,
      "yes",
      "",
    ]);
  });

  test("an error before the Response is status 500 with code and message", async () => {
    const response = await wire().fetch("/throw");
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: expect.stringContaining("Server Error") });
  });

  test("no CORS header is added", async () => {
    const response = await wire().fetch("/hello", { headers: { origin: "https://app.test" } });
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("the deployment's URL serves them below /http", async () => {
    const response = await fetch(`${inject("deployment").cloudUrl}/http/hello`);
    expect(await response.text()).toBe("hello");
  });

  test("whatever stands in Authorization reaches the action", async () => {
    const response = await wire().fetch("/hello", { headers: { authorization: "Bearer sk-not-a-jwt" } });
    expect(response.status).toBe(200);
  });
});
