import { describe, expect } from "vitest";
import { behaviour, type Target } from "./target.ts";

describe("ctx.meta", () => {
  behaviour("names the function, its type and visibility", async (target) => {
    const of = (name: string, type: string) => ({ name, type, visibility: "public", componentPath: "" });
    expect(await target.query("metadata:inQuery")).toEqual(of("metadata:inQuery", "query"));
    expect(await target.mutation("metadata:inMutation")).toEqual(of("metadata:inMutation", "mutation"));
    expect(await target.action("metadata:inAction")).toEqual(of("metadata:inAction", "action"));
  });

  behaviour("names the deployment and its class", async (target) => {
    expect(await target.action("metadata:deployment")).toEqual({ name: "string", class: "string" });
  });

  behaviour("counts what a transaction read and wrote", async (target) => {
    expect(await target.mutation("metadata:metrics")).toEqual({ read: 1, written: 1, hasBytes: true });
  });

  behaviour("log.audit lets the function go on", async (target) => {
    expect(await target.query("metadata:audited")).toBe("ok");
  });
});

describe("transaction limits", () => {
  const fill = (target: Target, count: number) =>
    target.mutation("documents:insertMany", { values: Array.from({ length: count }, (_, n) => ({ n })) });

  behaviour("of a nested query hold for it alone", async (target) => {
    await fill(target, 6);
    await expect(target.query("metadata:readWithLimit", { documentsRead: 5 })).rejects.toThrow(/too many/i);
    expect(await target.query("metadata:readWithLimit", { documentsRead: 6 })).toBe(6);
    expect(await target.query("metadata:readWithLimit")).toBe(6);
  });

  behaviour("of a nested mutation take its writes back", async (target) => {
    await expect(
      target.mutation("metadata:writeWithLimit", { count: 5, documentsWritten: 3 }),
    ).rejects.toThrow(/too many/i);
    expect(await target.query("documents:list")).toEqual([]);
    await target.mutation("metadata:writeWithLimit", { count: 3, documentsWritten: 3 });
    expect(await target.query("documents:list")).toHaveLength(3);
  });

  behaviour("do not count what was rolled back", async (target) => {
    expect(await target.mutation("metadata:rolledBackIsNotCounted")).toBe(0);
  });

  behaviour(
    "of Convex hold: 16,000 documents written",
    async (target) => {
      await expect(target.mutation("metadata:writeTooMuch", { count: 16_001 })).rejects.toThrow(/too many/i);
      expect(await target.query("documents:list")).toEqual([]);
    },
    { wireOnly: "convex-test does not limit by default" },
  );
});
