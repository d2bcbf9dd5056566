import { describe, expect } from "vitest";
import { behaviour } from "./target.ts";

describe("scheduled functions", () => {
  for (const kind of ["mutation", "action", "runAt"]) {
    behaviour(`${kind}: runs once and leaves its record`, async (target) => {
      const id = await target.mutation("scheduling:schedule", { kind, value: "ran" });
      await target.settle();
      expect(await target.query("scheduling:values")).toEqual(["ran"]);
      expect(await target.query("scheduling:job", { id })).toMatchObject({ state: { kind: "success" } });
    });
  }

  behaviour("arguments arrive as they were, every kind of value", async (target) => {
    const value = { int: 5n, bytes: new ArrayBuffer(2), nested: [null, { a: 1.5 }] };
    await target.mutation("scheduling:schedule", { kind: "mutation", value });
    await target.settle();
    expect(await target.query("scheduling:values")).toEqual([value]);
  });

  behaviour("of a mutation that throws never run", async (target) => {
    await expect(target.mutation("scheduling:scheduleThenThrow")).rejects.toThrow("after scheduling");
    await target.settle();
    expect(await target.query("scheduling:values")).toEqual([]);
  });

  behaviour(
    "of a nested mutation run when all committed, and not when it was rolled back",
    async (target) => {
      await target.mutation("scheduling:scheduleInside");
      await target.mutation("scheduling:nestedScheduleIsRolledBack");
      await target.settle();
      expect(await target.query<string[]>("scheduling:values").then((values) => values.toSorted())).toEqual([
        "from inside",
        "of the caller",
      ]);
    },
  );

  behaviour("that fail are recorded as failed, and their writes are taken back", async (target) => {
    const id = await target.mutation("scheduling:schedule", { kind: "failing", value: null });
    await target.settle();
    expect(await target.query("scheduling:values")).toEqual([]);
    expect(await target.query("scheduling:job", { id })).toMatchObject({ state: { kind: "failed" } });
  });

  behaviour("may schedule themselves", async (target) => {
    await target.mutation("scheduling:schedule", { kind: "self", value: 3 });
    await target.settle();
    expect(await target.query("scheduling:values")).toEqual([3, 2, 1]);
  });

  behaviour("may be scheduled by actions, many at a time", async (target) => {
    const values = Array.from({ length: 12 }, (_, index) => index);
    await target.action("scheduling:scheduleFromAction", { values });
    await target.settle();
    const recorded = await target.query<number[]>("scheduling:values");
    expect(recorded.toSorted((left, right) => left - right)).toEqual(values);
  });

  behaviour("that were canceled do not run", async (target) => {
    const id = await target.mutation("scheduling:schedule", {
      kind: "mutation",
      value: "late",
      delayMs: 60_000,
    });
    expect(await target.query("scheduling:job", { id })).toMatchObject({ state: { kind: "pending" } });
    await target.mutation("scheduling:cancel", { id });
    await target.settle();
    expect(await target.query("scheduling:job", { id })).toMatchObject({ state: { kind: "canceled" } });
    expect(await target.query("scheduling:values")).toEqual([]);
  });

  behaviour("canceled by the mutation that scheduled them do not run", async (target) => {
    expect(await target.mutation("scheduling:scheduleThenCancel")).toBe("canceled");
    await target.settle();
    expect(await target.query("scheduling:values")).toEqual([]);
  });
});
