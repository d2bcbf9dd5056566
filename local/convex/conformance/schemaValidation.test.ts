import { describe, expect } from "vitest";
import { behaviour, type Target } from "./target.ts";

const insert = (target: Target, value: Record<string, unknown>) =>
  target.mutation<string>("documents:insert", { table: "typed", value });

describe("schema validation", () => {
  behaviour("refuses missing, wrong and extra fields on insert", async (target) => {
    await expect(insert(target, {})).rejects.toThrow();
    await expect(insert(target, { name: 1 })).rejects.toThrow();
    await expect(insert(target, { name: "x", extra: 1 })).rejects.toThrow();
    expect(await target.query("documents:list", { table: "typed" })).toEqual([]);
  });

  behaviour("checks the whole document on patch", async (target) => {
    const id = await insert(target, { name: "x", count: 1 });
    await expect(target.mutation("documents:patch", { id, value: { count: "2" } })).rejects.toThrow();
    await expect(target.mutation("documents:patch", { id, value: { extra: 1 } })).rejects.toThrow();
    await target.mutation("documents:patch", { id, value: { count: 2 } });
    expect(await target.query("documents:get", { id })).toMatchObject({ name: "x", count: 2 });
  });

  behaviour("checks the whole document on replace", async (target) => {
    const id = await insert(target, { name: "x", count: 1 });
    await expect(target.mutation("documents:replace", { id, value: { count: 1 } })).rejects.toThrow();
    await target.mutation("documents:replace", { id, value: { name: "y" } });
    expect(await target.query("documents:get", { id })).not.toHaveProperty("count");
  });

  behaviour("checks arrays, nested objects and unions", async (target) => {
    await insert(target, { name: "x", tags: ["a", "b"], nested: { value: null } });
    await expect(insert(target, { name: "x", tags: ["a", 1] })).rejects.toThrow();
    await expect(insert(target, { name: "x", nested: { value: 1 } })).rejects.toThrow();
    await expect(insert(target, { name: "x", nested: {} })).rejects.toThrow();
  });

  behaviour("checks that ids are of the declared table", async (target) => {
    const thing = await target.mutation("documents:insert", { value: {} });
    const typed = await insert(target, { name: "x", thing });
    await expect(insert(target, { name: "x", thing: typed })).rejects.toThrow();
    await expect(insert(target, { name: "x", thing: "nonsense" })).rejects.toThrow();
  });

  behaviour("leaves tables of v.any() alone", async (target) => {
    const value = { anything: [1n, null, { deep: "x" }] };
    const id = await target.mutation("documents:insert", { value });
    expect(await target.query("documents:get", { id })).toMatchObject(value);
  });
});
