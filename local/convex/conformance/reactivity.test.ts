import { makeFunctionReference } from "convex/server";
import { beforeEach, describe, expect, test } from "vitest";
import { clear, liveClient, watch, wire } from "./target.ts";

beforeEach(clear);

const insert = makeFunctionReference<"mutation", { value: unknown }>("documents:insert");

describe("subscriptions", () => {
  test("show a change as soon as its mutation has resolved", async () => {
    await using client = liveClient();
    const { results, until } = watch<unknown[]>(client, "documents:list", {});
    await until(() => true);
    await client.mutation(insert, { value: { a: 1 } });
    expect(results.at(-1)).toMatchObject([{ a: 1 }]);
  });

  test("show changes of other clients, of actions and of HTTP actions", async () => {
    await using client = liveClient();
    const { until } = watch<unknown[]>(client, "documents:list", {});
    await until((things) => things.length === 0);
    await wire().mutation("documents:insert", { value: { a: 1 } });
    await until((things) => things.length === 1);
    await wire().action("calls:all");
    await until((things) => things.length === 2);
    await wire().fetch("/json", { method: "POST", body: "{}" });
    await until((things) => things.length === 3);
  });

  test("see each document's own range only", async () => {
    const [id, other] = await wire().mutation<string[]>("documents:insertMany", {
      values: [{ a: 1 }, { a: 2 }],
    });
    await using client = liveClient();
    const { results, until } = watch<{ a: number } | null>(client, "documents:get", { id });
    await until((thing) => thing?.a === 1);
    await wire().mutation("documents:patch", { id: other, value: { a: 3 } });
    await wire().mutation("documents:patch", { id, value: { a: 4 } });
    await until((thing) => thing?.a === 4);
    expect(results).toHaveLength(2);
  });

  test("end for good when they are given up, and go on with others", async () => {
    await using client = liveClient();
    const seen: unknown[] = [];
    const list = makeFunctionReference<"query", Record<string, never>, unknown[]>("documents:list");
    const stop = client.onUpdate(list, {}, (things) => seen.push(things));
    await client.mutation(insert, { value: { a: 1 } });
    stop();
    const before = seen.length;
    await client.mutation(insert, { value: { a: 2 } });
    expect(seen).toHaveLength(before);
    expect(await client.query(list, {})).toHaveLength(2);
  });

  test("report an error, and recover from it", async () => {
    await using client = liveClient();
    const errors: string[] = [];
    const byId = makeFunctionReference<"query", { id: string }>("validation:thingId");
    client.onUpdate(
      byId,
      { id: "nonsense" },
      () => undefined,
      (error) => errors.push(error.message),
    );
    await client.mutation(insert, { value: {} });
    expect(errors[0]).toContain("ArgumentValidationError");
  });

  test("arrive whole when they are large", async () => {
    await using client = liveClient();
    const length = 6_000_000;
    const { until } = watch<string>(client, "calls:large", { length });
    const text = await until(() => true);
    expect([text.length, text.startsWith("é🎉é"), text.endsWith("é🎉")]).toEqual([length, true, true]);
  });

  test("mutations of one client run in the order in which they were sent", async () => {
    await using client = liveClient();
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    await Promise.all(numbers.map((n) => client.mutation(insert, { value: { n } })));
    const things = await wire().query<{ n: number }[]>("documents:list");
    expect(things.map(({ n }) => n)).toEqual(numbers);
  });

  test("a query of two subscriptions is never shown at two moments", async () => {
    await using client = liveClient();
    const list = watch<unknown[]>(client, "documents:list", {});
    const count = watch<number>(client, "metadata:countThings", {});
    await Promise.all([list.until(() => true), count.until(() => true)]);
    const mismatches: unknown[] = [];
    const unsubscribe = client.client.addOnTransitionHandler?.(() => {
      if (list.results.at(-1)?.length !== count.results.at(-1))
        mismatches.push([list.results.at(-1), count.results.at(-1)]);
    });
    for (let n = 0; n < 10; n += 1) await client.mutation(insert, { value: { n } });
    unsubscribe?.();
    expect(list.results.at(-1)).toHaveLength(10);
    expect(count.results.at(-1)).toBe(10);
  });
});
