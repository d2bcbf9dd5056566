import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { startTestHost, type TestHost } from "./startTestHost.ts";

const http = `
import { httpActionGeneric as httpAction, httpRouter } from "convex/server";
const http = httpRouter();
http.route({ path: "/wait", method: "GET", handler: httpAction(async () => {
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  return new Response("done");
}) });
export default http;
`;
const meta = `
import { queryGeneric as query } from "convex/server";
export const deployment = query((ctx) => ctx.meta.getDeploymentMetadata());
`;

let host: TestHost;
beforeAll(async () => {
  host = await startTestHost({ deploymentClass: "s16" });
  await host.push({ "http.js": http, "meta.js": meta });
});
afterAll(() => host.close());
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

test("on S16 the 65th HTTP action waits ten seconds for a place, then is answered 429", async () => {
  const call = () => host.http(new Request("http://127.0.0.1/wait"));
  const running = Array.from({ length: 64 }, call);
  const refused = call();
  await vi.advanceTimersByTimeAsync(10_000);
  const { response } = await refused;
  expect(response.status).toBe(429);
  expect(await response.json()).toEqual({
    code: "TooManyConcurrentRequests",
    message:
      "Too many concurrent requests. Your backend is limited to 64 concurrent actions. If you need more resources, please contact support.",
  });
  const next = call();
  await vi.advanceTimersByTimeAsync(5_000);
  for (const { finish } of await Promise.all(running)) finish();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await (await next).response.text()).toBe("done");
  (await next).finish();
});

test("functions learn the class of their deployment", async () => {
  expect(await host.query("meta:deployment")).toMatchObject({ value: { class: "s16" } });
});
